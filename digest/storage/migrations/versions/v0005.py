"""Workers, their batches, and the limits that they share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.storage.dialect import long_text, words

revision = "0005"
down_revision = "0004"


_STANDS = (
    "CASE WHEN state = 'sent' THEN 1"
    " WHEN state = 'pending' OR state = 'claimed' OR state = 'data' OR state = 'deferred' THEN 0"
    " ELSE 2 END"
)
_KEPT = """
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02
"""


def upgrade() -> None:
    """Until then one program alone sent an edition."""
    op.add_column("delivery", sa.Column("batch", sa.Integer))
    holder = sa.Column("holder", words(36), nullable=False, server_default=sa.text("''"))
    op.add_column("delivery", holder)
    on_server = op.get_bind().dialect.name == "postgresql"
    op.add_column(
        "delivery",
        sa.Column("stands", sa.SmallInteger, sa.Computed(_STANDS, persisted=on_server)),
    )
    some = "batch IS NOT NULL AND (state = 'pending' OR state = 'deferred')"
    _make("delivery_batch", "batch", "stands = 0 AND batch IS NOT NULL" if on_server else some)
    if on_server:
        for name in ("delivery_due", "delivery_retry", "delivery_begun", "delivery_ended"):
            op.drop_index(name, "delivery")
        _make("delivery_due", "due_at", "stands = 0")
        _make("delivery_retry", "retry_at", "stands = 0 AND retry_at IS NOT NULL")
        op.create_index(
            "delivery_over", "delivery", ["edition"], postgresql_where=sa.text("stands = 2")
        )
        op.execute(f"ALTER TABLE delivery SET ({_KEPT})")
    counted = ("batches", "connections", "sent", "deferred", "rejected", "unknown")
    op.create_table(
        "worker",
        sa.Column("id", words(36), primary_key=True),
        sa.Column("host", long_text(), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("command", words(12), nullable=False),
        sa.Column("state", words(10), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("edition", words(10)),
        *(
            sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
            for name in counted
        ),
        sa.Column("rate", sa.Float, nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "pace",
        sa.Column("name", long_text(), primary_key=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "permit",
        sa.Column("relay", long_text(), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("worker", words(36), nullable=False),
        sa.Column("part", words(10), nullable=False),
    )
    op.create_table(
        "permit_wish",
        sa.Column("relay", long_text(), primary_key=True),
        sa.Column("worker", words(36), primary_key=True),
        sa.Column("part", words(10), primary_key=True),
        sa.Column("wanted", sa.Integer, nullable=False),
    )
    op.create_table(
        "draw",
        sa.Column("relay", long_text(), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("letters", sa.Integer, nullable=False),
    )


def _make(name: str, column: str, where: str) -> None:
    some = sa.text(where)
    op.create_index(name, "delivery", ["edition", column], sqlite_where=some, postgresql_where=some)
