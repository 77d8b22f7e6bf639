"""A real IMAP server's mails are read once, marked when recorded, and none is lost."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from imapclient import IMAPClient

from digest.app.bounces import read_mailbox
from digest.bounces.imap import ImapMailbox
from digest.bounces.mail import MailboxError
from digest.bounces.parts import LONGEST
from digest.config import ImapConfig
from digest.errors import ConfigError
from digest.model import EmailAddress
from tests.clients.mail_server import PASSWORD, serve_mailbox
from tests.support.returned import ADA, Office, office, status_report

BOB = EmailAddress("bob", "example.net")
SECRETS = {"DIGEST_IMAP_PASSWORD": PASSWORD}
CA = Path(__file__).parents[2] / "data" / "tls" / "ca.pem"


@pytest.fixture
def desk(tmp_path):
    with office(tmp_path) as made:
        yield made


def mails(desk: Office) -> list[bytes]:
    """Two bounces, a long mail, and one that says nothing."""
    key = desk.mail(ADA, BOB)
    mine = status_report(desk.return_path(key))
    his = status_report(desk.return_path(key, BOB), name="2@example.net")
    return [mine, his, b"Subject: long\n\n" + b"x\n" * LONGEST, b"Subject: hello\n\nhello\n"]


def settings(port: int, **more: object) -> ImapConfig:
    known = {"host": "127.0.0.1", "port": port, "security": "none", "username": "ada"}
    return ImapConfig.model_validate(known | more)


def read(desk: Office, config: ImapConfig, **more: object):
    with closing(ImapMailbox(config, SECRETS, **more)) as mailbox:
        return read_mailbox(desk.house, mailbox)


@contextmanager
def visit(port: int) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", port, ssl=False) as client:
        client.login("ada", PASSWORD)
        client.select_folder("INBOX")
        yield client


def test_all_that_is_unseen_is_read_recorded_and_marked_by_whatever_way_in(desk):
    with serve_mailbox(*mails(desk), tls=True) as server:
        tls = settings(server.tls_port, security="tls", host="localhost")
        report = read(desk, tls, ca_file=CA)
        assert (report.read, len(report.effects)) == (4, 2)
        assert desk.suppressed == {str(ADA): "bounce", str(BOB): "bounce"}
        with visit(server.port) as client:
            assert client.search("UNSEEN") == []
            client.remove_flags(client.search(), [b"\\Seen"])
        starttls = settings(server.port, security="starttls", host="localhost")
        again = read(desk, starttls, ca_file=CA)
        assert (again.read, again.known, again.effects) == (4, 2, [])
        with visit(server.port) as client:
            assert client.search("UNSEEN") == []
            client.remove_flags(client.search(), [b"\\Seen"])
            client.create_folder("Done")
        assert read(desk, settings(server.port, move_to="Done")).read == 4
        with visit(server.port) as client:
            assert client.search() == []
            client.select_folder("Done")
            assert len(client.search("SEEN")) == 4
        with pytest.raises(MailboxError, match="certificate verify failed"):
            read(desk, tls)


def test_no_password_is_said_to_whom_offers_no_encryption(desk):
    with serve_mailbox() as server:
        with pytest.raises(MailboxError):
            read(desk, settings(server.port, security="starttls"), ca_file=CA)
        with pytest.raises(MailboxError, match="does not let ada in") as told:
            ImapMailbox(settings(server.port), {"DIGEST_IMAP_PASSWORD": "wrong-one"})
        assert "wrong-one" not in str(told.value)
        with pytest.raises(MailboxError, match="does not open folder Nowhere"):
            read(desk, settings(server.port, folder="Nowhere"))
    with pytest.raises(MailboxError, match="cannot be reached"):
        read(desk, settings(server.port))
    with pytest.raises(ConfigError, match="DIGEST_IMAP_PASSWORD is not set"):
        ImapMailbox(settings(server.port), {})
    with pytest.raises(ConfigError, match=r"that bounces\.imap\.password_env names is not set"):
        ImapMailbox(settings(server.port, password_env="Tr0ub4dor_3"), {})
    with pytest.raises(ValueError, match="in clear"):
        settings(143, host="mail.example.org")


def test_a_name_or_password_beyond_ascii_is_no_error_of_ours(desk):
    with serve_mailbox() as server:
        for name, password in (("jürgen", PASSWORD), ("ada", "pässword")):
            with pytest.raises(MailboxError, match=f"does not let {name} in") as told:
                ImapMailbox(
                    settings(server.port, username=name),
                    {**SECRETS, "DIGEST_IMAP_PASSWORD": password},
                )
            assert "ä" not in str(told.value)


@contextmanager
def babbling(command: bytes, answer: bytes) -> Iterator[int]:
    """The port of a server of one client that answers a command with nonsense."""
    door = socket.create_server(("127.0.0.1", 0))
    usual = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        b"SEARCH": b"* SEARCH 1\r\n",
        b"FETCH": b"* 1 FETCH (UID 1 BODY[]<0> {10}\r\nSubject: x)\r\n",
    }

    def serve() -> None:
        here, _ = door.accept()
        with here, here.makefile("rwb", buffering=0) as line:
            line.write(b"* OK hello\r\n")
            while said := line.readline():
                tag, *words = said.split()
                verb = words[1] if words[0] == b"UID" else words[0]
                line.write(answer if verb == command else usual.get(verb, b""))
                line.write(tag + b" OK done\r\n")

    threading.Thread(target=_quietly(serve), daemon=True).start()
    with closing(door):
        yield door.getsockname()[1]


@pytest.mark.parametrize("command", [b"SELECT", b"SEARCH", b"FETCH", b"STORE"])
@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 ENVELOPE (1 2))\r\n",
        b"* 1 FETCH (UID x BODY[] {5}\r\nabcde)\r\n",
        b"* 1 FETCH (UID 1 BODY[] {-5}\r\n)\r\n",
        b"* SEARCH a b\r\n",
        b"* \xff\xfe FETCH (((\r\n",
    ],
)
def test_a_server_that_speaks_nonsense_is_told_at_most(desk, command, answer):
    with babbling(command, answer) as port, suppress(MailboxError):
        read(desk, settings(port, timeout=0.5))


@contextmanager
def cutting(port: int, when: bytes, *, upwards: bool) -> Iterator[int]:
    """The port of a line to `port` that breaks when `when` is to pass, and goes no further."""
    door = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, target: socket.socket, watched: bool) -> None:
        with suppress(OSError):
            while octets := source.recv(4096):
                if watched and when in octets:
                    break
                target.sendall(octets)
        for end in (source, target):
            with closing(end):
                end.shutdown(socket.SHUT_RDWR) if end.fileno() >= 0 else None

    def serve() -> None:
        here, _ = door.accept()
        there = socket.create_connection(("127.0.0.1", port))
        threading.Thread(
            target=_quietly(carry), args=(there, here, not upwards), daemon=True
        ).start()
        _quietly(carry)(here, there, upwards)

    threading.Thread(target=_quietly(serve), daemon=True).start()
    with closing(door):
        yield door.getsockname()[1]


def _quietly(work):
    def run(*given):
        with suppress(OSError):
            work(*given)

    return run


@pytest.mark.parametrize(
    ("when", "upwards", "booked"),
    [(b"STORE", True, 2), (b"2@example.net", False, 1), (b"SEARCH", True, 0)],
    ids=["before marking", "within the second mail", "before the first"],
)
def test_a_cut_connection_loses_no_mail_and_counts_none_twice(desk, when, upwards, booked):
    with serve_mailbox(*mails(desk)) as server:
        with (
            cutting(server.port, when, upwards=upwards) as port,
            pytest.raises(MailboxError),
        ):
            read(desk, settings(port))
        assert len(desk.suppressed) == booked
        with visit(server.port) as client:
            assert len(client.search("UNSEEN")) == 4
        report = read(desk, settings(server.port))
        assert (report.read, len(report.effects), report.known) == (4, 2 - booked, booked)
        with visit(server.port) as client:
            assert client.search("UNSEEN") == []
