"""A list that is an SQL query, put to real SQLite files and a real PostgreSQL server."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import psycopg
import pytest

from digest.config import Config
from digest.errors import ListError
from digest.model.subscriber import Subscriber
from digest.storage.lists.reading import ListReading, open_lists
from tests.support.members import KINDS, Members, members_in


@pytest.fixture(params=KINDS)
def members(request, tmp_path) -> Iterator[Members]:
    with members_in(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def on_server(tmp_path) -> Iterator[Members]:
    with members_in("postgresql", tmp_path) as found:
        yield found


@pytest.fixture
def on_disk(tmp_path) -> Iterator[Members]:
    with members_in("sqlite", tmp_path) as found:
        yield found


def reading(members: Members, query: str, **more: Any) -> ListReading:
    config = Config.model_validate(
        {
            "newsletter": {"from": "Papers <papers@example.org>"},
            "sources": [{"kind": "huggingface"}],
            "subscribers": {"lists": [members.entry(query, **more)]},
            "folder": members.folder,
        }
    )
    return open_lists(config)


def read(members: Members, query: str, **more: Any) -> list[Subscriber]:
    return list(reading(members, query, **more))


def refused(members: Members, query: str, **more: Any) -> str:
    """The one line that a query is refused with."""
    with pytest.raises(ListError) as refusal:
        read(members, query, **more)
    errors = [str(each) for each in refusal.value.problems if not each.warning]
    assert len(errors) == 1
    return errors[0]


def test_rows_are_readers_as_those_of_a_file_are(members):
    """Other names of columns and another case are known; NULL is nothing; `;` parts values."""
    members.do(
        "INSERT INTO members VALUES (%s, %s, %s)",
        rows=[
            ("Ada@Example.org", "Ada Example", "Robotics*; Vision"),
            ("bo@example.org",) * 1 + (None, None),
        ],
    )
    ada, bo = read(
        members,
        """SELECT email AS "E-Mail", name AS "NAME", themes, 5 AS "Max Papers", '7:30' AS send_at
        FROM members ORDER BY email;""",
        tags=["lab"],
        frequency="weekly",
    )
    assert (str(ada.address), ada.name) == ("Ada@example.org", "Ada Example")
    assert ada.themes == ("Robotics*", "Vision")
    assert (ada.max_papers, ada.send_at, ada.frequency) == (5, time(7, 30), "weekly")
    assert (ada.file, ada.line, bo.line) == ("members", 1, 2)
    assert (bo.name, bo.themes, bo.tags) == ("", (), ("lab",))


def test_postgres_types_are_taken_as_a_person_would_write_them(on_server):
    """An item of an array is one value, whatever is in it."""
    (ada,) = read(
        on_server,
        """SELECT 'ada@example.org'::varchar AS email, ARRAY['A;B', NULL, 'C'] AS themes,
        '["k", 7]'::jsonb AS keywords, TIME '07:30' AS send_at, 5.0::numeric AS max_papers,
        TIMESTAMP '2026-12-24' AS paused_until, ARRAY[1, 2] AS tags, '{}'::text[] AS exclude""",
    )
    assert (ada.themes, ada.keywords, ada.tags) == (("A;B", "C"), ("k", "7"), ("1", "2"))
    assert (ada.send_at, ada.max_papers, ada.exclude) == (time(7, 30), 5, ())
    assert ada.paused_until == date(2026, 12, 24)


def test_a_json_array_is_a_list_where_a_database_has_no_arrays(on_disk):
    query = """SELECT 'ada@example.org' AS email, '["A;B", "C"]' AS themes, '[x' AS keywords"""
    (ada,) = read(on_disk, query)
    assert (ada.themes, ada.keywords) == (("A;B", "C"), ("[x",))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("""'{"a": 1}'::json""", "takes a value, not a mapping"),
        ("ARRAY[['a'], ['b']]", "takes a flat list of words"),
        ("'x'::bytea", "holds bytes, not text"),
    ],
)
def test_a_value_that_no_row_can_hold_is_told_with_its_row(on_server, value, says):
    query = f"SELECT 'ada@example.org' AS email, {value} AS themes"
    assert refused(on_server, query) == f"members, row 1 (ada@example.org): themes: {says}"


def test_mistakes_are_told_with_row_and_address(members):
    members.do(
        "INSERT INTO members VALUES (%s, %s, %s)",
        rows=[("ada@example.org", "", ""), ("ADA@example.org", "", ""), ("nobody", "", "")],
    )
    found = reading(members, "SELECT email, name, 'x' AS theme FROM members")
    with pytest.raises(ListError) as refusal:
        list(found)
    column, twice, bad = map(str, refusal.value.problems)
    assert column == "members: warning: theme: unknown column, not read (did you mean themes?)"
    assert twice == (
        "members, row 2 (ADA@example.org): warning: email: ADA@example.org is already at"
        " members, row 1; that row counts (remove one of them)"
    )
    assert bad.startswith("members, row 3 (nobody): email: 'nobody' is no address")
    assert (found.rows, found.accepted, found.duplicates, found.rejected) == (3, 2, 1, 1)


def test_what_is_wrong_with_a_query_is_one_line(members):
    assert refused(members, "SELECT name FROM members") == (
        "members: the query has no email column; it has: 'name'"
        " (name one of them so: SELECT address AS email)"
    )
    twice = "SELECT email, email AS mail FROM members"
    assert refused(members, twice) == "members: email: this column is here twice (keep one)"
    table, syntax = refused(members, "SELECT *\nFROM memers"), refused(members, "SELEC 1")
    slow = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT i AS email FROM n WHERE i < 0"""
    assert refused(members, slow, timeout="0.2s") == (
        f"members: {members.place}: takes longer than 0.2 s (timeout in its entry)"
    )
    if members.kind == "sqlite":
        assert table == "members: members.db: the database says: no such table: memers"
        assert syntax == 'members: members.db: the database says: near "SELEC": syntax error'
    else:
        says = f"members: {members.place} says:"
        assert table == (
            f'{says} relation "memers" does not exist, at line 2, column 6 of the query'
        )
        assert syntax == (
            f'{says} syntax error at or near "SELEC", at line 1, column 1 of the query'
        )


def test_a_database_that_is_not_there_is_told(members):
    query = "SELECT email FROM members"
    if members.kind == "sqlite":
        line = refused(members, query, url="sqlite:///else/where.db")
        assert line == "members: else/where.db: there is no such file (seen from config.yaml)"
        assert not (members.folder / "else").exists()
        return
    line = refused(members, query, url="postgresql://127.0.0.1:1/crm")
    assert line.startswith("members: postgresql://127.0.0.1:1/crm: the server is not to be reached")
    line = refused(members, query, url="mysql://127.0.0.1/crm")
    assert line.startswith("members: mysql://127.0.0.1/crm: no driver for this database")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM members RETURNING email",
        "SELECT email FROM members; DELETE FROM members",
        "SELECT email FROM members; COMMIT; DELETE FROM members; COMMIT",
        "WITH gone AS (DELETE FROM members RETURNING email) SELECT email FROM gone",
        "INSERT INTO members (email) VALUES ('eve@example.org')",
        "DROP TABLE members",
    ],
)
def test_a_query_changes_nothing(members, query):
    members.do("INSERT INTO members (email) VALUES (%s)", rows=[("ada@example.org",)])
    refused(members, query)
    assert members.count() == 1


def test_a_function_that_writes_is_refused(on_server):
    on_server.do(
        """CREATE FUNCTION gone() RETURNS text LANGUAGE sql
        AS $$ DELETE FROM members RETURNING email $$"""
    )
    assert refused(on_server, "SELECT gone() AS email") == (
        "members: the query writes; one of readers may only read"
        " (cannot execute DELETE in a read-only transaction)"
    )


def test_a_reading_sees_one_moment(on_server):
    """What another program commits after the first row is not in it."""
    on_server.do(
        """INSERT INTO members (email)
        SELECT 'r' || n || '@example.org' FROM generate_series(1, 5000) n"""
    )
    rows = iter(reading(on_server, "SELECT email FROM members"))
    next(rows)
    on_server.do("DELETE FROM members")
    assert sum(1 for _ in rows) == 4999


def test_a_reading_that_is_left_lets_go_of_the_database(on_server):
    on_server.do("INSERT INTO members (email) VALUES ('a@example.org'), ('b@example.org')")
    rows = iter(reading(on_server, "SELECT email FROM members"))
    next(rows)
    del rows
    with psycopg.connect(on_server.url) as server:
        server.execute("LOCK TABLE members IN ACCESS EXCLUSIVE MODE NOWAIT")


def test_rows_are_not_held(members):
    """Only the addresses seen are, to know who is there twice."""
    count, longest = 10_000, "x" * 1_000
    members.do(
        f"""WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})
        INSERT INTO members (email, themes) SELECT 'r' || n || '@example.org', '{longest}' FROM s"""
    )
    tracemalloc.start()
    assert sum(1 for _ in reading(members, "SELECT email, themes FROM members")) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < count * len(longest) * 2 / 3
