"""Nothing of a login or a letter in clear text, whatever stands between us and the relay."""

import asyncio
import ssl

import pytest

from digest.delivery.faults import RunStopped
from tests.support.delivering import readers, smtp_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import TLS, Options, Rule, ScriptedServer

PASSWORD = "S3CR3T-of-the-line"
CA = str(TLS / "ca.pem")
USERS = {"papers": PASSWORD}
SECURE = Options(starttls=True, users=USERS)


def run_to(server, ledger, security="starttls", ca_file=CA, host="localhost"):
    return smtp_run(
        ledger,
        server.port,
        password=PASSWORD,
        host=host,
        security=security,
        username="papers",
        ca_file=ca_file,
        connect_timeout=1,
        command_timeout=1,
    )


#: What the server does, and the check that the error has to name.
CASES = {
    "stripped": (Options(users=USERS), [], "STARTTLS"),
    "offered in words only": (
        Options(users=USERS),
        [Rule("ehlo", reply="250 scripted.example.org\nXSTARTTLS\nAUTH PLAIN LOGIN")],
        "STARTTLS",
    ),
    "454": (SECURE, [Rule("starttls", reply="454 4.7.0 TLS not available")], "454"),
    "502": (SECURE, [Rule("starttls", reply="502 5.5.1 no")], "502"),
    "said yes and no TLS": (SECURE, [Rule("starttls", raw="220 go\r\n250 clear\r\n")], "TLS|tls"),
    "dropped": (SECURE, [Rule("starttls", drop="before")], "starttls"),
    "self-signed": (
        Options(starttls=True, users=USERS, certificate="self-signed"),
        [],
        "certificate was refused: .*self.signed",
    ),
    "another name": (
        Options(starttls=True, users=USERS, certificate="wrong-name"),
        [],
        "certificate was refused: .*(mismatch|not valid for)",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_no_octet_of_auth_or_mail_is_in_the_clear(case):
    options, rules, check = CASES[case]
    ledger = MemoryLedger(readers(6))
    async with ScriptedServer(rules, options) as server:
        with pytest.raises(RunStopped, match=check):
            await run_to(server, ledger).go()
    heard = bytes(server.clear_octets).upper()
    assert b"AUTH" not in heard
    assert b"MAIL" not in heard
    assert server.auth_tries == 0
    assert server.accepted == []
    assert len(ledger.at("pending")) == 6


async def test_octets_injected_behind_the_220_are_not_taken_for_the_servers():
    """A whole false conversation stands in the clear behind the 220 (CVE-2011-0411)."""
    false = "220 go\r\n250-mx\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n235 in\r\n" + "250 ok\r\n" * 9
    ledger = MemoryLedger(readers(3))
    async with ScriptedServer([Rule("starttls", raw=false)], SECURE) as server:
        with pytest.raises(RunStopped):
            await run_to(server, ledger).go()
    assert ledger.at("sent") == set()
    assert b"AUTH" not in bytes(server.clear_octets)


async def test_a_certificate_of_our_own_authority_does_where_it_is_named_and_nowhere_else():
    async with ScriptedServer(options=SECURE) as server:
        ledger = MemoryLedger(readers(6))
        assert (await run_to(server, ledger).go()).sent == 6
        taken = len(server.accepted)
        with pytest.raises(RunStopped, match=r"certificate was refused: .*(issuer|self.signed)"):
            await run_to(server, MemoryLedger(readers(6)), ca_file=None).go()
        assert len(server.accepted) == taken
    assert all(letter.tls for letter in server.accepted)
    assert b"AUTH" not in bytes(server.clear_octets)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_expired_certificate_is_refused_by_name(security, expired, monkeypatch):
    certificate, key = expired
    options = Options(**{security: True}, users=USERS)
    async with ScriptedServer(options=options) as server:
        server._context.load_cert_chain(certificate, key)
        ledger = MemoryLedger(readers(3))
        with pytest.raises(RunStopped, match="certificate was refused: certificate has expired"):
            await run_to(server, ledger, security, ca_file=str(certificate)).go()
    assert server.auth_tries == 0
    assert server.accepted == []


@pytest.fixture
def expired(tmp_path):
    """A certificate for localhost that ended yesterday, with its key."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now - timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "expired.pem", tmp_path / "expired.key"
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_relay_that_speaks_no_tls_hears_no_word_of_ours(security):
    """`tls` to a plain port: the hello of TLS is all it gets."""
    heard = bytearray()

    async def listen(reader, writer):
        writer.write(b"220 plain.example.org ESMTP\r\n")
        while octets := await reader.read(4096):
            heard.extend(octets)
            writer.write(b"500 5.5.1 what?\r\n")

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    server.port = server.sockets[0].getsockname()[1]
    with pytest.raises(RunStopped):
        await run_to(server, MemoryLedger(readers(2)), security).go()
    server.close()
    assert b"AUTH" not in heard
    assert b"MAIL" not in heard


async def test_old_protocols_are_not_spoken():
    """TLS 1.0 and 1.1 are refused (RFC 8996)."""
    ledger = MemoryLedger(readers(2))
    async with ScriptedServer(options=SECURE) as server:
        server._context.minimum_version = ssl.TLSVersion.TLSv1
        server._context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(RunStopped):
            await run_to(server, ledger).go()
    assert server.auth_tries == 0
    assert len(ledger.at("pending")) == 2
