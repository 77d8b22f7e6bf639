"""What clients may not do to the site, over raw sockets."""

from __future__ import annotations

import contextlib
import socket
from contextlib import ExitStack

import pytest

from digest.web.protocol import PatientProtocol
from tests.support.reader_site import ONE_CLICK, reader_site

ADA = "ada@example.org"
SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with reader_site(tmp_path_factory.mktemp("site")) as served:
        served.freeze("ada")
        yield served


def post(path: str, body: bytes = ONE_CLICK.encode(), more: str = "", length: int | None = None):
    told = len(body) if length is None else length
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {told}\r\n{more}"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    return (head + kind).encode() + body


def statuses(heard: bytes) -> list[int]:
    parts = heard.split(b"HTTP/1.1 ")[1:]
    return [int(part[:3]) for part in parts]


def headers_of(heard: bytes) -> dict[str, str]:
    lines = heard.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_a_body_past_4_kb_is_refused_whether_its_length_is_told_or_not(site):
    path = site.unsubscribe(ADA)
    assert statuses(site.say(post(path, b"x" * 5_000))) == [413]
    assert statuses(site.say(post(path, b"x" * 100, length=10_000_000))) == [413]
    chunks = b"".join(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(5))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(site.say(head.encode() + chunks)) == [413]
    assert site.suppressed() == []


def test_headers_past_16_kb_are_refused(site):
    octets = f"GET /u/x HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 20_000}\r\n\r\n".encode()
    assert statuses(site.say(octets)) == [431]
    octets = f"GET /u/{'x' * 20_000} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    assert statuses(site.say(octets)) == [431]
    with site.connect() as client:  # which never end
        client.sendall(b"GET /u/x HTTP/1.1\r\nHost: localhost\r\n")
        heard = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(300):
                client.sendall(b"X: " + b"x" * 1_000 + b"\r\n")
        with contextlib.suppress(ConnectionError):
            heard = client.recv(65_536)
        assert statuses(heard) in ([], [400])


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # without a Host
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(site, octets):
    heard = site.say(octets + b"\r\n\r\n")
    assert statuses(heard) == [400]
    assert SECURITY.items() <= headers_of(heard).items()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "papers.example.org.evil.example", "", "10.0.0.1"]
)
def test_who_asks_for_another_site_is_refused(site, host):
    answer = site.ask("POST", site.unsubscribe(ADA), ONE_CLICK, {"Host": host})
    assert answer.status == 400
    assert site.suppressed() == []


@pytest.mark.parametrize(
    "host", ["papers.example.org", "PAPERS.example.org:443", "localhost:1", "127.0.0.1", "[::1]:80"]
)
def test_the_site_is_known_by_its_own_names(site, host):
    assert site.ask("GET", site.unsubscribe(ADA), headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/subscribe", 200),
        ("GET", "/nothing", 404),
        ("DELETE", "/subscribe", 405),
        ("POST", "/u/x", 404),
        ("GET", "/health", 200),
    ],
)
def test_every_answer_has_the_security_headers_and_no_cookie(site, method, path, status):
    answer = site.ask(method, path, "" if method == "POST" else None)
    assert answer.status == status
    assert SECURITY.items() <= answer.headers.items()
    assert not {"set-cookie", "server"} & set(answer.headers)
    assert "<main" in answer.text or path == "/health", "it is a page, also where it says no"


def test_the_whole_address_may_be_asked_for_if_it_is_ours(site):
    """RFC 9112 §3.2.2: its host counts, too."""
    for host, status in (("papers.example.org", 200), ("evil.example", 400)):
        octets = (
            f"GET http://{host}/subscribe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert statuses(site.say(octets.encode())) == [status]


def test_a_request_with_two_lengths_is_refused_and_so_is_what_it_hides(site):
    """Request smuggling: a proxy that goes by the other one sees another end."""
    hidden = post(site.unsubscribe(ADA))
    head = post("/subscribe", b"", "Transfer-Encoding: chunked\r\n", length=len(hidden) + 5)
    assert statuses(site.say(head + b"0\r\n\r\n" + hidden)) == [400]
    assert site.suppressed() == []


def test_requests_in_one_packet_are_answered_in_their_order(site):
    """Pipelining (RFC 9112 §9.3.2)."""
    asked = b"".join(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        for path in ("/health", "/nothing", site.unsubscribe(ADA))
    )
    last = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert statuses(site.say(asked + last)) == [200, 404, 200, 200]


def test_http_1_0_is_answered(tmp_path):
    with reader_site(tmp_path) as site:
        head = f"POST {site.unsubscribe(ADA)} HTTP/1.0\r\nContent-Length: {len(ONE_CLICK)}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        assert statuses(site.say((head + kind + ONE_CLICK).encode())) == [200]
        assert len(site.suppressed()) == 1


@pytest.fixture
def hasty(monkeypatch):
    """The same deadlines, sooner."""
    monkeypatch.setattr(PatientProtocol, "request_within", 0.3)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n",
        b"POST /u/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\nList",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he",
    ],
)
def test_who_sends_a_request_drop_by_drop_is_hung_up_on(site, hasty, first):
    """Slowloris: each drop comes in time, the whole does not."""
    with site.connect() as client:
        client.sendall(first)
        client.settimeout(0.05)
        heard = b""
        for _ in range(400):
            try:
                more = client.recv(65_536)
                if not more:
                    break
                heard += more
            except TimeoutError:
                client.sendall(b"")
            except ConnectionError:
                break
            try:
                if first:
                    client.sendall(b"x")
            except ConnectionError:
                break
        else:
            pytest.fail("the site goes on listening")
    assert statuses(heard) in ([], [200])


def test_500_idle_clients_stop_no_reader(tmp_path):
    with reader_site(tmp_path) as site:
        idle: list[socket.socket] = []
        try:
            for number in range(500):
                idle.append(site.connect())
                if number % 2:
                    idle[-1].sendall(b"POST /u/x HTTP/1.1\r\nHost: localhost\r\n")
            assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
            assert len(site.suppressed()) == 1
        finally:
            for client in idle:
                client.close()


def test_more_clients_than_files_stop_no_reader(tmp_path, monkeypatch):
    """The one that idles longest makes room for one who asks."""
    monkeypatch.setattr(PatientProtocol, "most", 20)
    with reader_site(tmp_path) as site, ExitStack() as stack:
        idle = [stack.enter_context(site.connect()) for _ in range(60)]
        assert site.ask("POST", site.unsubscribe(ADA), ONE_CLICK).status == 200
        assert idle[0].recv(1) == b"", "hung up on"
        idle[-1].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert statuses(idle[-1].recv(65_536)) == [200]


@pytest.mark.parametrize(
    ("path", "asked"), [("/papers", "/papers"), ("/papers", ""), ("/l%C3%A4b", "/l%C3%A4b")]
)
def test_a_site_with_a_path_of_its_own_answers_below_it(tmp_path, path, asked):
    """Whether its proxy takes the path off or not."""
    newsletter = {"newsletter": {"site_url": f"https://example.org{path}"}}
    with reader_site(tmp_path, **newsletter) as site:
        page = site.ask("GET", asked + site.unsubscribe(ADA))
        assert page.status == 200
        assert f'action="{path}{site.unsubscribe(ADA)}"' in page.text
        assert site.ask("POST", asked + site.unsubscribe(ADA), ONE_CLICK).status == 200
