"""`digest doctor` looks at every way out and every key, and mails nobody."""

from __future__ import annotations

import socketserver
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.newsroom import Newsroom, finish, mail_server
from tests.support.web import refused_port, web_site


def test_a_relay_that_is_down_does_not_hide_the_others(tmp_path):
    room = Newsroom(tmp_path)
    with mail_server() as server:
        known = {"host": "127.0.0.1", "security": "none"}
        relays = [
            known | {"name": "first", "port": refused_port()},
            known | {"name": "second", "port": server.port},
        ]
        room.configure(delivery={"transport": "smtp", "relays": relays})
        done = room.run("doctor")
        assert done.code == 1
        told = done.out + done.err
        assert "second answers" in told
        assert "first answers" not in told
        assert str(relays[0]["port"]) in told
        assert server.accepted == []


def test_a_state_that_no_run_could_make_is_an_error(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(state="config.yaml/var")
    done = room.run("doctor", "--offline", "--json")
    assert done.code == 1
    (state,) = [found for found in done.json if found["about"] == "state"]
    assert state["ok"] is False
    assert state["words"].endswith("cannot be made: " + f"{tmp_path / 'config.yaml'} is a file")


def test_one_thing_is_told_as_one(tmp_path):
    room = Newsroom(tmp_path)
    room.write("readers.yaml", "- email: ada@example.org\n")
    room.configure(themes={"rules": [{"name": "A", "keywords": ["a"]}]})
    told = room.run("doctor", "--offline").out
    assert "themes are known, 1 rule comes first" in told
    assert "1 reader in 1 row" in told


def test_a_signing_key_is_checked_and_its_dns_record_is_told(tmp_path):
    room = Newsroom(tmp_path)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    room.environ["DIGEST_DKIM_KEY"] = pem.decode()
    room.configure(delivery={"dkim": {"selector": "papers"}})
    done = room.run("doctor", "--offline")
    assert done.code == 0, done.err
    told = done.out + done.err
    assert "papers._domainkey.example.org TXT v=DKIM1; k=ed25519; p=" in told
    assert "DMARC" not in told
    assert not any(line in told for line in pem.decode().splitlines() if "KEY" not in line)
    room.configure(delivery={"dkim": {"selector": "papers", "domain": "other.example.net"}})
    assert "DMARC" in room.run("doctor", "--offline").out
    del room.environ["DIGEST_DKIM_KEY"]
    missing = room.run("doctor", "--offline")
    assert missing.code == 1
    assert "DIGEST_DKIM_KEY" in missing.out + missing.err


def test_the_site_is_asked_whether_it_serves(tmp_path):
    """It does not run, it runs, its lists cannot be written, another program has its port."""
    room = Newsroom(tmp_path)
    port = refused_port()
    room.configure(web={"port": port, "list": "lists/web.csv"})
    done = room.run("doctor")
    assert (done.code, f"nothing answers on 127.0.0.1:{port}" in done.out) == (0, True)
    site = room.start("serve")
    assert site.stderr is not None
    assert "serving" in site.stderr.readline()
    try:
        assert f"digest serve answers on 127.0.0.1:{port}" in room.run("doctor").out
    finally:
        site.terminate()
        finish(site)
    with web_site() as other:
        room.configure(web={"port": other.port})
        done = room.run("doctor")
    assert (done.code, "another program answers" in done.out) == (0, True)


def test_the_mailbox_of_what_comes_back_is_opened_and_left_alone(tmp_path):
    room = Newsroom(tmp_path)
    room.configure(newsletter={"bounces": "bounces@example.org"})
    done = room.run("doctor", "--offline")
    assert (done.code, "is not read: set bounces.maildir" in done.out) == (0, True)
    room.configure(bounces={"maildir": "Maildir"})
    done = room.run("doctor", "--offline")
    assert (done.code, "is no Maildir" in done.out) == (1, True)
    mail = room.write("Maildir/new/1", "Subject: hello\n\n")
    (tmp_path / "Maildir" / "cur").mkdir()
    done = room.run("doctor", "--offline")
    assert (done.code, "Maildir can be read" in done.out) == (0, True)
    assert mail.exists()
    known = {"host": "127.0.0.1", "port": refused_port(), "security": "none", "username": "papers"}
    room.configure(bounces={"maildir": None, "imap": known})
    room.environ["DIGEST_IMAP_PASSWORD"] = "not-to-be-told"
    done = room.run("doctor")
    assert (done.code, "cannot be reached" in done.out) == (1, True)
    assert "not-to-be-told" not in done.out + done.err
    assert room.run("doctor", "--offline").code == 0


class _EchoingImap(socketserver.StreamRequestHandler):
    """Lets everybody in, opens no folder, and says the password in its reply."""

    def handle(self) -> None:
        self.wfile.write(b"* OK hello\r\n")
        heard = ""
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            heard += f" {command}"
            name = command.partition(" ")[0].upper()
            if name == "CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            verdict = f"NO you said{heard}" if name == "SELECT" else "OK done"
            self.wfile.write(f"{tag} {verdict}\r\n".encode())


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--json"), ("-vv", "bounces")])
def test_an_imap_server_that_repeats_the_password_has_it_told_to_nobody(tmp_path, words):
    room = Newsroom(tmp_path)
    room.environ["DIGEST_IMAP_PASSWORD"] = "not-to-be-told"
    assert room.run("run").code == 0
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _EchoingImap) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        known = {"host": "127.0.0.1", "port": port, "security": "none", "username": "papers"}
        room.configure(bounces={"imap": known})
        done = room.run(*words)
        server.shutdown()
    assert done.code == 1
    assert "does not open folder" in done.out + done.err
    assert "[secret]" in done.out + done.err
    assert "not-to-be-told" not in done.out + done.err
