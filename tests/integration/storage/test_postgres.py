"""What is wrong with a server's database is told in one line, without the password."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa

from digest.errors import (
    ConfigError,
    LockHeld,
    StorageAway,
    StorageBusy,
    StorageError,
    StorageRefused,
)
from digest.storage.database import Database, make_tables_in
from digest.storage.dialect import WRITES
from digest.storage.lock import everywhere_lock
from digest.storage.postgres.connecting import make_engine
from digest.storage.postgres.database import open_postgres
from digest.storage.postgres.queue_schema import ensure_queue, queue_steps
from digest.storage.schema import meta
from digest.storage.suppressions import suppress_reader
from digest.storage.versions import QUEUE, read_versions
from digest.storage.writable import prove_writable
from tests.support.postgres import Server, fresh_database, shared_server
from tests.support.state import NOW, new_database, on_postgres

SECRET = "Tr0ub4dor&3"
#: A role for each of the ways not to be let in, or not to be let do what is needed.
ROLES = """
    CREATE ROLE locked LOGIN PASSWORD 'another one';
    CREATE ROLE crowd LOGIN CONNECTION LIMIT 0;
    CREATE ROLE guest LOGIN;
"""


@pytest.fixture(scope="module")
def server() -> Server:
    server = shared_server()
    rules = server.folder / "d" / "pg_hba.conf"
    rules.write_text("local all locked scram-sha-256\n" + rules.read_text())
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(ROLES)
        admin.execute("SELECT pg_reload_conf()")
    return server


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database() as url:
        yield url


@pytest.fixture
def made(tmp_path: Path) -> Iterator[str]:
    """The address of a database with the tables; its state folder is `tmp_path`."""
    with on_postgres():
        new_database(tmp_path).close()
        yield (tmp_path / "postgres.url").read_text()


def _as(url: str, role: str) -> str:
    return url.replace("//postgres:@", f"//{role}:{quote(SECRET)}@")


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: _as(url, "locked"), "refuses us: check the user and the password"),
        (lambda url: _as(url, "nobody"), "refuses us: check the user and the password"),
        (lambda url: _as(url, "crowd"), "takes no more connections"),
        (lambda url: _as(url, "guest"), "make him the owner .*permission denied for schema"),
        (lambda url: url.replace("/test_", "/gone_"), "does not exist: make it with createdb"),
        (lambda url: f"{url}.away", "the server is not to be reached"),
        (lambda _: f"postgresql://u:{SECRET}@127.0.0.1:1/x", "is not to be reached"),
        (lambda _: f"postgresql://u:{SECRET} x@db.example.org/x", "is no address that can be read"),
    ],
)
def test_who_is_not_let_in_reads_why_and_never_the_password(
    tmp_path: Path, server: Server, url: str, change: Callable[[str], str], said: str
) -> None:
    with pytest.raises((StorageError, ConfigError), match=said) as caught:
        open_postgres(change(url), create=True, state=tmp_path, connect_timeout=2)
    (line,) = caught.value.lines()
    assert SECRET not in line
    assert quote(SECRET) not in line
    assert not list(tmp_path.iterdir()), "a database that was not opened leaves no marker"


def test_a_moment_without_the_server_is_told_from_its_refusal(tmp_path: Path) -> None:
    with pytest.raises(StorageAway):
        open_postgres("postgresql://127.0.0.1:1/x", create=True, state=tmp_path)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("UPDATE meta SET value = '99' WHERE name = 'schema'", "written by a newer version"),
        ("UPDATE meta SET value = '1' WHERE name = 'schema'", "run `digest db upgrade`"),
        ("UPDATE meta SET value = 'x' WHERE name = 'id'", "not the database that state.json in"),
        ("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "is empty although there was"),
        ("DELETE FROM meta", "is not a database of this program"),
        ("ALTER TABLE meta RENAME COLUMN value TO other", "is not a database of this program"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_a_database_that_is_not_the_one_from_before_is_left_alone(
    tmp_path: Path, made: str, before: str, said: str, create: bool
) -> None:
    _run(made, before)
    with pytest.raises(StorageError, match=said):
        open_postgres(made, create=create, state=tmp_path)


def test_nothing_is_made_beside_another_programs_tables(tmp_path: Path, url: str) -> None:
    _run(url, "CREATE TABLE edition (isbn TEXT)")
    for _ in range(2):
        with pytest.raises(StorageError, match="holds another program's table edition"):
            open_postgres(url, create=True, state=tmp_path)


def test_a_database_that_nobody_made_is_not_made_by_looking(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError, match="`digest db upgrade` makes them"):
        open_postgres(url, create=False, state=tmp_path)


@pytest.mark.parametrize(
    ("trouble", "said", "kind"),
    [
        ("read-only", "it is read-only, perhaps a standby", StorageRefused),
        ("full", "cannot be written: the disk is full", StorageRefused),
        ("held", "is locked by another program", StorageBusy),
    ],
)
def test_what_keeps_a_write_from_happening_is_told(
    tmp_path: Path, made: str, trouble: str, said: str, kind: type[StorageError]
) -> None:
    """The server itself raises the error that a full disk is."""
    full = """
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
        END $$;
        CREATE TRIGGER fill BEFORE INSERT ON meta EXECUTE FUNCTION fill()
    """
    if trouble == "full":
        _run(made, full)
    if trouble == "read-only":
        name = Server.name_of(made)
        _run(made, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_postgres(made, create=False, state=tmp_path, busy_seconds=0.2) as database:
        if trouble == "held":
            with database.write(), pytest.raises(kind, match=said):
                prove_writable(database)
            return
        with pytest.raises(kind, match=said) as caught:
            prove_writable(database)
        assert type(caught.value) is kind


def test_a_connection_that_was_cut_off_is_made_anew(tmp_path: Path, made: str) -> None:
    def cut_off(connection: sa.Connection) -> None:
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        _run(made, f"SELECT pg_terminate_backend({mine}, 5000)")
        connection.exec_driver_sql("SELECT 1")

    with open_postgres(made, create=False, state=tmp_path) as database:
        with (
            pytest.raises(StorageAway, match="the server is not to be reached"),
            database.write() as connection,
        ):
            cut_off(connection)
        prove_writable(database)


def test_a_row_that_is_refused_is_not_told_to_everybody(tmp_path: Path, made: str) -> None:
    with open_postgres(made, create=False, state=tmp_path) as database:
        assert suppress_reader(database, "secret-id", reason="left", source="link", at=NOW)
        with pytest.raises(StorageError) as caught, database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO suppression (address, reader_id, reason, source, at)"
                " VALUES ('', 'secret-id', '', '', 0)"
            )
        assert "secret-id" not in caught.value.message


def test_without_the_driver_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"pip install 'papers-digest\[cluster\]'"):
        open_postgres("postgresql://127.0.0.1/x", create=True, state=tmp_path)


def test_one_run_at_a_time_on_all_machines(tmp_path: Path, made: str) -> None:
    """A second machine has its own state folder, so that its lock file bars nobody."""
    other = tmp_path / "other"
    with (
        open_postgres(made, create=False, state=tmp_path) as mine,
        open_postgres(made, create=False, state=other) as theirs,
    ):
        with everywhere_lock(mine, command="digest run"):
            with pytest.raises(LockHeld, match=r"digest run [0-9]+@.*, since 20") as caught:
                _hold(theirs)
            assert caught.value.exit_code == 75
        _hold(theirs)


def _hold(database: Database) -> None:
    with everywhere_lock(database, command="digest send"):
        pass


def test_the_queues_tables_of_an_older_procrastinate_become_those_of_the_new(
    url: str, made: str
) -> None:
    old = "03.03.00_01_pre_priority_lock_fetch_job"
    steps = queue_steps()
    _run(url, *(steps[name] for name in sorted(steps) if name <= old))
    engine = make_engine(url, busy_seconds=5, connect_timeout=5, synchronous="full")
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        make_tables_in(connection)
        with pytest.raises(StorageError, match="another program's Procrastinate"):
            ensure_queue(connection)
        connection.execute(meta.insert().values(name=QUEUE, value=old))
        ensure_queue(connection)
        ensure_queue(connection)
        assert read_versions(connection).queue == max(steps)
    engine.dispose()
    assert _queue(url) == _queue(made)


def _queue(url: str) -> list[object]:
    query = """
        SELECT proname, pg_get_function_arguments(oid) FROM pg_proc WHERE proname ~ '^procrastinate'
        UNION SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
        UNION SELECT indexname, indexdef FROM pg_indexes WHERE tablename ~ '^procrastinate'
        UNION SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname ~ '^procrastinate'
        ORDER BY 1, 2
    """
    with psycopg.connect(url) as connection:
        return list(connection.execute(query))
