"""Groups of readers, looks of lists, and what came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.storage.dialect import long_text, words

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Until then an edition was planned for everybody, and who left by a link had an id alone."""
    tags = sa.Column("tags", long_text(), nullable=False, server_default=sa.text("''"))
    op.add_column("delivery", tags)
    kind = sa.Column("kind", words(12), nullable=False, server_default=sa.text("'hand'"))
    op.add_column("suppression", kind)
    op.execute("UPDATE suppression SET kind = 'unsubscribe' WHERE reader_id IS NOT NULL")
    op.create_table(
        "look",
        sa.Column("edition", words(10), sa.ForeignKey("campaign.edition"), primary_key=True),
        sa.Column("templates", words(200), primary_key=True),
        sa.Column("rendition_document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audience",
        sa.Column("edition", words(10), sa.ForeignKey("campaign.edition"), primary_key=True),
        sa.Column("audience", words(200), primary_key=True),
        sa.Column("planned_at", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO audience SELECT edition, '', frozen_at FROM campaign")
    op.create_table(
        "list_memory",
        sa.Column("path", long_text(), primary_key=True),
        sa.Column("readers", sa.Integer, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report", words(64), nullable=False, unique=True),
        sa.Column("address_key", words(320), nullable=False),
        sa.Column("edition", words(10)),
        sa.Column("kind", words(12), nullable=False),
        sa.Column("status", words(16), nullable=False),
        sa.Column("words", long_text(), nullable=False),
        sa.Column("source", long_text(), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("forgotten", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("bounce_address", "bounce", ["address_key", "at"])
