"""TLS means TLS, and the password shows nowhere."""

import asyncio
import base64
import logging
import traceback

import pytest

from digest.config import DeliveryConfig, SmtpConfig
from digest.config.loopback import is_loopback
from digest.delivery.faults import ConnectFailed
from digest.delivery.greeting import require_password
from digest.delivery.smtp import SmtpTransport
from digest.errors import ConfigError
from tests.support.delivering import readers, smtp_config, smtp_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.smtp_server import TLS, Options, Rule, ScriptedServer

PASSWORD = "S3CR3T-6f1c"
CA = str(TLS / "ca.pem")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_letters_and_password_go_over_verified_tls(security):
    ledger = MemoryLedger(readers(10))
    options = Options(**{security: True}, users={"papers": PASSWORD})
    async with ScriptedServer(options=options) as server:
        run = smtp_run(
            ledger,
            server.port,
            password=PASSWORD,
            host="localhost",
            security=security,
            username="papers",
            ca_file=CA,
            connections=2,
        )
        assert (await run.go()).sent == 10
    assert all(taken.tls for taken in server.accepted)
    heard = bytes(server.clear_octets)
    assert b"AUTH" not in heard
    assert b"MAIL" not in heard


async def test_a_stripped_starttls_gets_no_octet_of_auth_or_mail():
    async with ScriptedServer(options=Options(users={"papers": PASSWORD})) as server:
        config = smtp_config(server.port, security="starttls", username="papers", ca_file=CA)
        with pytest.raises(ConnectFailed, match="does not offer STARTTLS") as caught:
            await SmtpTransport(config, PASSWORD).connect()
    assert not caught.value.temporary
    assert bytes(server.clear_octets) == b"EHLO client.example.org\r\n"


@pytest.mark.parametrize(
    ("reply", "temporary"), [("454 4.7.0 TLS not available", True), ("502 5.5.1 no", False)]
)
async def test_a_refused_starttls_is_never_followed_by_clear_text(reply, temporary):
    rules = [Rule("starttls", reply=reply)]
    async with ScriptedServer(rules, Options(starttls=True)) as server:
        config = smtp_config(server.port, security="starttls", ca_file=CA)
        with pytest.raises(ConnectFailed, match=reply) as caught:
            await SmtpTransport(config).connect()
    assert caught.value.temporary is temporary
    assert b"MAIL" not in bytes(server.clear_octets)


async def test_words_injected_before_tls_are_not_believed():
    """Clear text behind the 220 (RFC 3207 §6) must not pass for an answer within TLS."""
    rules = [Rule("starttls", raw="220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n")]
    async with ScriptedServer(rules, Options(starttls=True)) as server:
        config = smtp_config(
            server.port, security="starttls", username="papers", ca_file=CA, connect_timeout=1
        )
        with pytest.raises(ConnectFailed):
            await SmtpTransport(config, PASSWORD).connect()
    assert b"AUTH" not in bytes(server.clear_octets)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("certificate", ["wrong-name", "self-signed", "server"])
async def test_a_certificate_that_is_not_right_is_refused(security, certificate):
    """`server` is right by name, but its authority is not the system's."""
    options = Options(**{security: True}, certificate=certificate)
    async with ScriptedServer(options=options) as server:
        own = CA if certificate != "server" else None
        config = smtp_config(server.port, host="localhost", security=security, ca_file=own)
        with pytest.raises(ConnectFailed, match="certificate was refused") as caught:
            await SmtpTransport(config).connect()
    assert not caught.value.temporary
    assert server.auth_tries == 0
    assert not any(c.startswith("MAIL") for c in server.commands)


async def test_a_password_over_a_clear_line_goes_to_this_machine_only():
    config = smtp_config(25, host="relay.example.org", username="papers")
    with pytest.raises(ConnectFailed, match="not sent over an unencrypted connection"):
        await SmtpTransport(config, PASSWORD).connect()


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_only_a_name_that_cannot_be_another_machine_is_loopback(host, yes):
    assert is_loopback(host) is yes


async def test_tls_at_a_port_that_begins_in_the_clear_is_told_with_the_key_to_mend():
    async with ScriptedServer() as server:
        with pytest.raises(ConnectFailed, match="does not begin with TLS") as caught:
            await SmtpTransport(smtp_config(server.port, security="tls", ca_file=CA)).connect()
    assert "set delivery.smtp.security: starttls, or delivery.smtp.port" in caught.value.message
    assert not caught.value.temporary


async def test_a_host_without_an_address_is_told_with_the_key_of_its_relay():
    relays = [{"host": "localhost"}, {"host": "no such host.invalid"}]
    _, relay = DeliveryConfig.model_validate({"relays": relays}).ways
    with pytest.raises(ConnectFailed, match="no address was found for this name") as caught:
        await SmtpTransport(relay).connect()
    assert caught.value.message.endswith("check delivery.relays[1].host")
    assert caught.value.temporary


async def test_a_host_that_can_be_no_name_is_told_and_not_tried_again():
    with pytest.raises(ConnectFailed, match=r"mail\.\.example\.org:587: no machine can") as caught:
        await SmtpTransport(SmtpConfig(host="mail..example.org")).connect()
    assert not caught.value.temporary


async def test_a_missing_file_of_authorities_is_a_config_error():
    config = smtp_config(25, security="tls", ca_file="/nowhere/ca.pem")
    with pytest.raises(ConfigError, match=r"ca_file.*No such file"):
        await SmtpTransport(config).connect()


def test_a_missing_password_is_named_by_its_variable_if_that_cannot_be_the_password():
    mistaken = SmtpConfig(username="papers", password_env="Tr0ub4dor_3")
    with pytest.raises(
        ConfigError, match=r"that delivery\.smtp\.password_env names is not"
    ) as told:
        require_password(mistaken, {})
    assert "Tr0ub" not in str(told.value)
    config = SmtpConfig(username="papers")
    with pytest.raises(ConfigError, match="DIGEST_SMTP_PASSWORD is not set"):
        require_password(config, {})
    assert require_password(config, {"DIGEST_SMTP_PASSWORD": PASSWORD}) == PASSWORD
    assert require_password(SmtpConfig(), {}) is None


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [Rule("auth", reply=f"535 5.7.8 no, not {PASSWORD}")],
        [Rule("auth", reply="454 4.7.0 later")],
        [Rule("auth", drop="before")],
        [Rule("auth", stall=True)],
        [Rule("auth", raw="garbage\r\n")],
        [Rule("rcpt", reply="550 5.7.1 no")],
        [Rule("dot", drop="before")],
    ],
)
async def test_the_password_is_in_no_log_or_error_at_any_level(rules, caplog):
    """The server echoes it back, in clear and in base64; asyncio's own debug log is on."""
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    users = {"papers": PASSWORD if rules else "another"}
    ledger = MemoryLedger(readers(12))
    said = ""
    async with ScriptedServer(rules, Options(users=users)) as server:
        run = smtp_run(
            ledger, server.port, password=PASSWORD, username="papers", command_timeout=0.3
        )
        try:
            said = repr(await run.go())
        except Exception as error:
            said = "".join(traceback.format_exception(error)) + repr(error)
    assert server.auth_tries
    heard = said + caplog.text + repr(run.transport) + repr(run.outcomes)
    for secret in (PASSWORD.encode(), b"\0papers\0" + PASSWORD.encode()):
        assert base64.b64encode(secret).decode() not in heard
    assert PASSWORD not in heard
