"""The page that a watch serves: for the person at this machine, and for nobody else."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from digest.errors import UsageError
from digest.web.live import File, Shop, serve

PAGE = File(kind="text/html; charset=utf-8", content=b"<p>page", policy="default-src 'none'")


@pytest.fixture
def served() -> Iterator[tuple[int, Shop]]:
    shop = Shop({"/": PAGE})
    with serve(shop) as address:
        yield urlsplit(address).port or 0, shop


def ask(
    port: int, path: str = "/", method: str = "GET", host: str = ""
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    try:
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_what_is_there_is_answered_and_may_change(served) -> None:
    port, shop = served
    status, headers, body = ask(port)
    assert (status, body) == (200, b"<p>page")
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert headers["Cache-Control"] == "no-store"
    shop.files = {"/": File(kind="text/plain", content=b"newer")}
    assert ask(port, "/?again")[2] == b"newer"


@pytest.mark.parametrize(
    "path", ["/letter.html", "/../../etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/etc"]
)
def test_only_its_own_files_are_there(served, path) -> None:
    assert ask(served[0], path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1"]
)
def test_who_comes_by_another_name_learns_nothing(served, host) -> None:
    """DNS rebinding: a stranger's page under a name that leads to this machine."""
    port = served[0]
    status, _, body = ask(port, host=host.format(port=port))
    assert status == 403
    assert b"page" not in body
    assert ask(port, host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_nothing_but_get_is_answered(served, method) -> None:
    assert ask(served[0], method=method)[0] == 501


def test_it_listens_on_one_loopback_address_alone(served) -> None:
    """127.0.0.2 is this machine as well: a server on every address would answer there."""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", served[0]), timeout=5)


def test_a_port_that_is_taken_is_one_line(served) -> None:
    with (
        pytest.raises(UsageError, match=f"--port {served[0]}: cannot be had: Address"),
        serve(Shop(), served[0]),
    ):
        pass
