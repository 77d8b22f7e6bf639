"""`digest doctor` looks at every way out and every key, and mails nobody."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.newsroom import Newsroom, mail_server
from tests.support.web import refused_port


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
