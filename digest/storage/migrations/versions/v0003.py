"""The ledger's indexes know only the rows that are looked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make them smaller."""
    op.drop_index("delivery_due", "delivery")
    _make("delivery_due", "due_at", "pending")
    _make("delivery_begun", "state", "claimed", "data")
    _make("delivery_ended", "state", "unknown", "rejected", "suppressed", "skipped")


def _make(name: str, column: str, *states: str) -> None:
    where = sa.text(" OR ".join(f"state = '{state}'" for state in states))
    op.create_index(
        name, "delivery", ["edition", column], sqlite_where=where, postgresql_where=where
    )
