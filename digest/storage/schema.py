"""The tables of what outlives a run.

Times are whole microseconds since 1970 in UTC, so that every database compares them alike.
Anything that one database does differently from another is in `dialect.py`, not here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    and_,
    event,
    literal_column,
    or_,
    text,
)

from digest.storage.columns import Day, Moment, Packed
from digest.storage.dialect import Derived, long_text, words, written_as
from digest.storage.states import ENDED, Stands, State, stands

#: Raised by one whenever a table changes; an older program refuses a newer database,
#: and `upgrade.py` leads an older database here.
SCHEMA_VERSION = 5

metadata = MetaData()

#: `schema` (the version of these tables) and `id` (which database this is).
meta = Table(
    "meta",
    metadata,
    Column("name", words(40), primary_key=True),
    Column("value", long_text(), nullable=False),
)

#: Composed editions, before and after they are frozen.
edition = Table(
    "edition",
    metadata,
    Column("key", words(10), primary_key=True),
    Column("date", Day, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("document", Packed, nullable=False),
)

#: A frozen edition with its rendition: what its letters are made of.
campaign = Table(
    "campaign",
    metadata,
    Column("edition", words(10), primary_key=True),
    Column("date", Day, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("edition_document", Packed, nullable=False),
    Column("rendition_document", Packed, nullable=False),
    Column("content_hash", words(64), nullable=False),
    Column("newsletter_document", long_text()),
    Column("key_fingerprint", words(32), nullable=False, server_default=text("''")),
)

#: The choices of blocks that a campaign's letters have.
segment = Table(
    "segment",
    metadata,
    Column("edition", words(10), ForeignKey("campaign.edition"), primary_key=True),
    Column("segment", words(64), primary_key=True),
    Column("choice", long_text(), nullable=False),
)

#: A frozen edition as the readers see it whose list has a template set of its own.
look = Table(
    "look",
    metadata,
    Column("edition", words(10), ForeignKey("campaign.edition"), primary_key=True),
    Column("templates", words(200), primary_key=True),
    Column("rendition_document", Packed, nullable=False),
)

#: For whom a frozen edition was planned: "" is everybody, "tag:lab" those with that tag.
audience = Table(
    "audience",
    metadata,
    Column("edition", words(10), ForeignKey("campaign.edition"), primary_key=True),
    Column("audience", words(200), primary_key=True),
    Column("planned_at", Moment, nullable=False),
)

#: How many readers each list had when an edition was last planned for it.
list_memory = Table(
    "list_memory",
    metadata,
    Column("path", long_text(), primary_key=True),
    Column("readers", Integer, nullable=False),
    # Whether its last line ended as a line does.
    Column("whole", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

#: What `delivery.stands` is made of.
STANDS = (
    "CASE WHEN state = 'sent' THEN 1"
    " WHEN state = 'pending' OR state = 'claimed' OR state = 'data' OR state = 'deferred' THEN 0"
    " ELSE 2 END"
)

#: One row per (edition, address): the ledger. `states.py` says what the states mean.
delivery = Table(
    "delivery",
    metadata,
    Column("edition", words(10), ForeignKey("campaign.edition"), primary_key=True),
    Column("address_key", words(320), primary_key=True),
    Column("address", words(320), nullable=False),
    Column("name", long_text(), nullable=False),
    Column("reader_id", words(128), nullable=False),
    Column("segment", words(64), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", words(10), nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Moment),
    Column("stage", words(10), nullable=False, server_default=text("''")),
    Column("code", Integer, nullable=False, server_default=text("0")),
    Column("enhanced", words(16), nullable=False, server_default=text("''")),
    Column("words", long_text(), nullable=False, server_default=text("''")),
    Column("relay", long_text(), nullable=False, server_default=text("''")),
    Column("updated_at", Moment, nullable=False),
    # The reader's tags, each between semicolons: ";lab;editors;".
    Column("tags", long_text(), nullable=False, server_default=text("''")),
    # The batch that workers take it with; NULL: it was planned for no worker.
    Column("batch", Integer),
    # The worker that claimed it last (`worker.id`); "" where one program is alone.
    Column("holder", words(36), nullable=False, server_default=text("''")),
    # `Stands` of the state.
    Column("stands", SmallInteger, Derived(STANDS)),
)
Index("delivery_reader", delivery.c.reader_id)


def in_state(*states: State) -> ColumnElement[bool]:
    """Which rows are in one of these states, written so that their index is found.

    A partial index is used only where the statement names its states as the index does.
    """
    return written_as(
        or_(*map(_is, states)),
        or_(
            *(
                and_(stand_at(stand), or_(*map(_is, [s for s in states if stands(s) == stand])))
                for stand in sorted({stands(state) for state in states})
            )
        ),
    )


def stand_at(stand: Stands) -> ColumnElement[bool]:
    """Which rows stand so, written as the indexes on a server say it."""
    return delivery.c.stands == literal_column(str(stand.value))


def _is(state: State) -> ColumnElement[bool]:
    return delivery.c.state == literal_column(f"'{state.value}'")


#: The states that an index of SQLite knows; who is sent is everybody else. So the steps of a
#: letter, which are pending, claimed, data and sent, move few entries of small indexes.
INDEXED = (
    (State.PENDING,),
    (State.DEFERRED,),
    (State.CLAIMED, State.DATA),
    ENDED,
)


_UNTRIED, _RETRIED, _BEGUN, _ENDED = (or_(*map(_is, states)) for states in INDEXED)
_OPEN, _OVER = stand_at(Stands.OPEN), stand_at(Stands.ENDED)
_c = delivery.c
_batched = _c.batch.is_not(None)


def _index(
    name: str,
    *columns: Column[Any],
    sqlite: ColumnElement[bool] | None = None,
    server: ColumnElement[bool] | None = None,
) -> None:
    """An index of some of an edition's rows: those that each kind of database keeps in it."""
    index = Index(name, _c.edition, *columns, sqlite_where=sqlite, postgresql_where=server)
    if server is None:
        index.ddl_if(dialect="sqlite")
    elif sqlite is None:
        index.ddl_if(dialect="postgresql")


# A server writes a row's every step into all indexes, unless the step changes nothing that any of
# them holds or asks for. So there none knows the state: what is begun is found among the open.
_index("delivery_due", _c.due_at, sqlite=_UNTRIED, server=_OPEN)
_index("delivery_retry", _c.retry_at, sqlite=_RETRIED, server=_OPEN & _c.retry_at.is_not(None))
_index(
    "delivery_batch", _c.batch, sqlite=_batched & or_(_UNTRIED, _RETRIED), server=_OPEN & _batched
)
_index("delivery_begun", _c.state, sqlite=_BEGUN)
_index("delivery_ended", _c.state, sqlite=_ENDED)
_index("delivery_over", server=_OVER)

#: How a server keeps the ledger: room in each page for a row's next two steps, so that they cost
#: no entry in an index, and what is left of old ones taken away by and by.
KEPT = """
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02
"""
event.listen(
    delivery,
    "after_create",
    DDL(f"ALTER TABLE delivery SET ({KEPT})").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

#: Who is never to be mailed: known by address, by the opaque id in an unsubscribe link, or both.
suppression = Table(
    "suppression",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_key", words(320), unique=True),
    Column("address", words(320), nullable=False),
    Column("reader_id", words(128), unique=True),
    Column("reason", long_text(), nullable=False),
    Column("source", long_text(), nullable=False),
    Column("at", Moment, nullable=False),
    # What it came of: "hand", "unsubscribe", "bounce" or "complaint".
    Column("kind", words(12), nullable=False, server_default=text("'hand'")),
    CheckConstraint("address_key IS NOT NULL OR reader_id IS NOT NULL", name="someone"),
)

#: What came back: a report counts once, however often it is read. `kind`: see `bounce_book.py`.
#: One that is forgotten is still known, and counts no more.
bounce = Table(
    "bounce",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report", words(64), nullable=False, unique=True),
    Column("address_key", words(320), nullable=False),
    Column("edition", words(10)),
    Column("kind", words(12), nullable=False),
    Column("status", words(16), nullable=False),
    Column("words", long_text(), nullable=False),
    Column("source", long_text(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("forgotten", Integer, nullable=False, server_default=text("0")),
)
Index("bounce_address", bounce.c.address_key, bounce.c.at)

#: Every identity of every paper that a frozen edition carried.
seen_paper = Table(
    "seen_paper",
    metadata,
    Column("paper_id", long_text(), primary_key=True),
    Column("edition", words(10), ForeignKey("campaign.edition"), primary_key=True),
    Column("date", Day, nullable=False),
)

#: Which paper ids a source gave for an edition: how a stale batch is recognised the day after.
source_memory = Table(
    "source_memory",
    metadata,
    Column("edition", words(10), primary_key=True),
    Column("source", words(200), primary_key=True),
    Column("date", Day, nullable=False),
    Column("ids", Packed, nullable=False),
)
Index("source_memory_latest", source_memory.c.source, source_memory.c.date)

#: Who sends, on any machine. A worker may begin a letter only while its lease lasts.
worker = Table(
    "worker",
    metadata,
    Column("id", words(36), primary_key=True),
    Column("host", long_text(), nullable=False),
    Column("pid", Integer, nullable=False),
    # What it was started as: "worker", "run" or "send".
    Column("command", words(12), nullable=False),
    # "idle", "working", "stopping" or "ended".
    Column("state", words(10), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("edition", words(10)),
    Column("batches", Integer, nullable=False, server_default=text("0")),
    Column("connections", Integer, nullable=False, server_default=text("0")),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    Column("deferred", Integer, nullable=False, server_default=text("0")),
    Column("rejected", Integer, nullable=False, server_default=text("0")),
    Column("unknown", Integer, nullable=False, server_default=text("0")),
    # Letters a second, lately.
    Column("rate", Float, nullable=False, server_default=text("0")),
)

#: When the next letter may leave under a limit that all workers share: "all", "relay:NAME" or
#: "domain:NAME".
pace = Table(
    "pace",
    metadata,
    Column("name", long_text(), primary_key=True),
    Column("next_at", Moment, nullable=False),
)

#: Who has a relay's connections, which are numbered from 1 up to its limit.
permit = Table(
    "permit",
    metadata,
    Column("relay", long_text(), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("worker", words(36), nullable=False),
    # Which of the worker's couriers, by its edition.
    Column("part", words(10), nullable=False),
)

#: Who wants how many of a relay's connections, those at hand counted in.
permit_wish = Table(
    "permit_wish",
    metadata,
    Column("relay", long_text(), primary_key=True),
    Column("worker", words(36), primary_key=True),
    Column("part", words(10), primary_key=True),
    Column("wanted", Integer, nullable=False),
)

#: Letters that workers drew from a relay's letters of the day, draw by draw.
draw = Table(
    "draw",
    metadata,
    Column("relay", long_text(), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("letters", Integer, nullable=False),
)
