"""Runs the site on uvicorn until a signal ends it."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import uvicorn

from digest.app.deliver import run_fast
from digest.app.house import House
from digest.errors import UsageError
from digest.storage.forgetting import sweep
from digest.web.protocol import HEADER_OCTETS, PatientProtocol
from digest.web.room import Room, open_room
from digest.web.site import make_site

#: Seconds: between two requests of a connection, and for all that is under way at the end.
KEEP_ALIVE = 10
STOP_WITHIN = 30
#: Connections that the system keeps for us while we are busy.
_BACKLOG = 2_048
#: Idle clients cost a file each.
_FILES = 65_536
#: Our own: the database and its log, lists, letters under way.
_OWN_FILES = 96


def serve(house: House, host: str, port: int, told: Callable[[str], None]) -> None:
    """Answer until SIGTERM or SIGINT; what is under way then is finished.

    `told` gets the address once the site answers.

    Raises:
        UsageError: the address cannot be had.
        DigestError: something that the site needs cannot be used.
    """
    with listen(host, port) as listener:
        room = open_room(house)
        sweep(house.database)
        PatientProtocol.most = _raise_limit()
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        run_fast(lambda: _work(room, listener, host, lambda: told(address)))


def listen(host: str, port: int) -> socket.socket:
    """A socket at this address.

    Raises:
        UsageError: it cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise UsageError(f"{host}:{port}: cannot be listened on: {words}") from None


async def _work(room: Room, listener: socket.socket, host: str, ready: Callable[[], None]) -> None:
    try:
        await make_server(room, host, ready).serve(sockets=[listener])
    finally:
        await room.close()


def make_server(room: Room, host: str, ready: Callable[[], None]) -> uvicorn.Server:
    """What answers for the site, one process with one event loop; `ready` is called then."""
    config = uvicorn.Config(
        make_site(room, hosts=[f"[{host}]" if ":" in host else host]),
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=STOP_WITHIN,
        h11_max_incomplete_event_size=HEADER_OCTETS,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """A signal ends it in order, and is not raised again at the end: the exit code is ours."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are for that one
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        """The second signal waits for nobody."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _raise_limit() -> int:
    """Take as many open files as we may have; says how many connections that makes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    whole = _FILES if soft == resource.RLIM_INFINITY else min(soft, _FILES)
    return max(whole - _OWN_FILES, whole // 2)
