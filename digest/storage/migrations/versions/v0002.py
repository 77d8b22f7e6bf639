"""A frozen edition keeps its newsletter, and the name of its key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.storage.dialect import long_text, words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One frozen before knows neither: its letters are made with those of today."""
    op.add_column("campaign", sa.Column("newsletter_document", long_text()))
    op.add_column(
        "campaign",
        sa.Column("key_fingerprint", words(32), nullable=False, server_default=sa.text("''")),
    )
