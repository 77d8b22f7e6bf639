"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.storage.dialect import long_text, words

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "meta",
        sa.Column("name", words(40), primary_key=True),
        sa.Column("value", long_text(), nullable=False),
    )
    op.create_table(
        "edition",
        sa.Column("key", words(10), primary_key=True),
        sa.Column("date", words(10), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "campaign",
        sa.Column("edition", words(10), primary_key=True),
        sa.Column("date", words(10), nullable=False),
        sa.Column("frozen_at", sa.BigInteger, nullable=False),
        sa.Column("edition_document", sa.LargeBinary, nullable=False),
        sa.Column("rendition_document", sa.LargeBinary, nullable=False),
        sa.Column("content_hash", words(64), nullable=False),
    )
    op.create_table(
        "segment",
        sa.Column("edition", words(10), sa.ForeignKey("campaign.edition"), primary_key=True),
        sa.Column("segment", words(64), primary_key=True),
        sa.Column("choice", long_text(), nullable=False),
    )
    op.create_table(
        "seen_paper",
        sa.Column("paper_id", long_text(), primary_key=True),
        sa.Column("edition", words(10), sa.ForeignKey("campaign.edition"), primary_key=True),
        sa.Column("date", words(10), nullable=False),
    )
    op.create_table(
        "source_memory",
        sa.Column("edition", words(10), primary_key=True),
        sa.Column("source", words(200), primary_key=True),
        sa.Column("date", words(10), nullable=False),
        sa.Column("ids", sa.LargeBinary, nullable=False),
    )
    op.create_index("source_memory_latest", "source_memory", ["source", "date"])
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("address_key", words(320), unique=True),
        sa.Column("address", words(320), nullable=False),
        sa.Column("reader_id", words(128), unique=True),
        sa.Column("reason", long_text(), nullable=False),
        sa.Column("source", long_text(), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("address_key IS NOT NULL OR reader_id IS NOT NULL", name="someone"),
    )
    _make_ledger()


def _make_ledger() -> None:
    op.create_table(
        "delivery",
        sa.Column("edition", words(10), sa.ForeignKey("campaign.edition"), primary_key=True),
        sa.Column("address_key", words(320), primary_key=True),
        sa.Column("address", words(320), nullable=False),
        sa.Column("name", long_text(), nullable=False),
        sa.Column("reader_id", words(128), nullable=False),
        sa.Column("segment", words(64), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("state", words(10), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("repeats", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("stage", words(10), nullable=False, server_default=sa.text("''")),
        sa.Column("code", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("enhanced", words(16), nullable=False, server_default=sa.text("''")),
        sa.Column("words", long_text(), nullable=False, server_default=sa.text("''")),
        sa.Column("relay", long_text(), nullable=False, server_default=sa.text("''")),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    deferred = sa.text("state = 'deferred'")
    op.create_index(
        "delivery_retry",
        "delivery",
        ["edition", "retry_at"],
        sqlite_where=deferred,
        postgresql_where=deferred,
    )
    op.create_index("delivery_reader", "delivery", ["reader_id"])
    op.create_index("delivery_due", "delivery", ["edition", "state", "due_at"])
