"""The opening of an SMTP conversation: connect, EHLO, STARTTLS, AUTH.

`security` means what it says: `starttls` and `tls` are encrypted with a verified certificate or
nothing is said; a password goes over an unencrypted line only to this very machine.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPHeloError, SMTPResponseException

from digest.config.loopback import is_loopback
from digest.config.wording import variable
from digest.delivery.faults import ConnectFailed
from digest.delivery.replies import judge_reply
from digest.delivery.terms import one_line
from digest.errors import ConfigError, Problem
from digest.model import Stage

if TYPE_CHECKING:
    from digest.config import SmtpConfig

#: What stands in a password's place.
HIDDEN = "[secret]"
#: Over TLS the plain ones are as good as CRAM-MD5, and servers keep hashed passwords for them.
_METHODS = ("plain", "login", "cram-md5")


def require_password(
    config: SmtpConfig, environment: Mapping[str, str], *, file: str = "config.yaml"
) -> str | None:
    """The password from the environment, or None where no user name is set.

    Raises:
        ConfigError: a user name is set, and the variable that `password_env` names is not.
    """
    if config.username is None:
        return None
    if password := environment.get(config.password_env):
        return password
    key = f"{config.key}.password_env"
    what = f"{variable(config.password_env, key)} is not set"
    mend = f"set it to the password of {config.username}, or remove username"
    raise ConfigError([Problem(file=file, key=key, what=what, mend=mend)])


def load_certificates(ca_file: Path | None) -> ssl.SSLContext:
    """A context that verifies names and chains: against `ca_file`, or the system's authorities.

    Raises:
        ConfigError: `ca_file` is missing or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        what = f"{ca_file} cannot be used: {error.strerror or error}"
        mend = "it has to be a PEM file of certificates"
        raise ConfigError(
            [Problem(file="config.yaml", key="delivery.smtp.ca_file", what=what, mend=mend)]
        ) from None


async def open_conversation(
    config: SmtpConfig, password: str | None, tls: ssl.SSLContext | None
) -> aiosmtplib.SMTP:
    """A conversation that is ready for MAIL.

    Raises:
        ConnectFailed: saying at which stage, with the server's words, and never the password.
    """
    _refuse_open_password(config)
    client = aiosmtplib.SMTP(
        hostname=config.host,
        port=config.port,
        local_hostname=config.helo_name,
        use_tls=config.security == "tls",
        start_tls=False,  # done below, and required: the library's own default is "if offered"
        tls_context=tls,
        timeout=config.command_timeout,
    )
    try:
        await _open(client, config, password)
    except BaseException:
        client.close()
        raise
    return client


async def _open(client: aiosmtplib.SMTP, config: SmtpConfig, password: str | None) -> None:
    stage = Stage.CONNECT
    try:
        await _connect(client, config)
        stage = Stage.EHLO
        await _hello(client, config)
        if config.security == "starttls":
            stage = Stage.STARTTLS
            await _secure(client, config)
            stage = Stage.EHLO
            await _hello(client, config)
        if config.username is not None:
            stage = Stage.AUTH
            await _log_in(client, config, password or "")
    except ssl.SSLError as error:
        raise _tls_failed(config, stage, error) from None
    except SMTPResponseException as error:
        raise _refused(config, stage, error, password) from None
    except (SMTPException, OSError) as error:
        if isinstance(cause := error.__cause__, ssl.SSLError):
            raise _tls_failed(config, stage, cause) from None
        raise _lost(config, stage, error) from None


async def _connect(client: aiosmtplib.SMTP, config: SmtpConfig) -> None:
    try:
        await client.connect(timeout=config.connect_timeout)
    except UnicodeError:  # a label that is empty or longer than 63 octets (RFC 1035 §2.3.4)
        reason = f"no machine can have this name; check {config.key}.host"
        raise ConnectFailed(
            f"{_where(config)}: {reason}", stage=Stage.CONNECT, temporary=False
        ) from None


async def _hello(client: aiosmtplib.SMTP, config: SmtpConfig) -> None:
    """EHLO, or HELO to a server that has never heard of it (RFC 5321 §3.2)."""
    try:
        await client.ehlo(timeout=config.command_timeout)
    except SMTPHeloError as error:
        if error.code // 100 != 5 or not client.is_connected:
            raise
        await client.helo(timeout=config.command_timeout)


async def _secure(client: aiosmtplib.SMTP, config: SmtpConfig) -> None:
    if not client.supports_extension("starttls"):
        message = (
            f"{_where(config)} does not offer STARTTLS, so nothing was said in the clear; "
            f"if it speaks TLS from the start, set {config.key}.security: tls"
        )
        raise ConnectFailed(message, stage=Stage.STARTTLS, temporary=False)
    await client.starttls(timeout=config.connect_timeout)


async def _log_in(client: aiosmtplib.SMTP, config: SmtpConfig, password: str) -> None:
    """Try one method once: trying every method with one wrong password can lock an account."""
    user = config.username or ""
    offered = [method for method in _METHODS if method in client.server_auth_methods]
    if not offered:
        message = f"{_where(config)} offers no way to log in that we know, and username is set"
        raise ConnectFailed(message, stage=Stage.AUTH, temporary=False)
    log_in = {
        "plain": client.auth_plain,
        "login": client.auth_login,
        "cram-md5": client.auth_crammd5,
    }[offered[0]]
    await log_in(user, password, timeout=config.command_timeout)


def _refuse_open_password(config: SmtpConfig) -> None:
    if config.security == "none" and config.username is not None and not is_loopback(config.host):
        message = (
            f"{_where(config)}: a password is not sent over an unencrypted connection; "
            f"set {config.key}.security to starttls or tls"
        )
        raise ConnectFailed(message, stage=Stage.CONNECT, temporary=False)


def _where(config: SmtpConfig) -> str:
    return f"{config.host}:{config.port}"


def _tls_failed(config: SmtpConfig, stage: Stage, error: ssl.SSLError) -> ConnectFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate was refused: {error.verify_message}"
        return ConnectFailed(f"{_where(config)}: {reason}", stage=stage, temporary=False)
    if error.reason == "WRONG_VERSION_NUMBER" and stage is Stage.CONNECT:
        reason = (
            f"TLS failed: the port does not begin with TLS; set {config.key}.security: starttls,"
            f" or {config.key}.port to one that does, usually 465"
        )
        return ConnectFailed(f"{_where(config)}: {reason}", stage=stage, temporary=False)
    reason = f"TLS failed: {error.reason or error}"
    return ConnectFailed(f"{_where(config)}: {reason}", stage=stage, temporary=False)


def _refused(
    config: SmtpConfig, stage: Stage, error: SMTPResponseException, password: str | None
) -> ConnectFailed:
    words = one_line(scrubber(config.username, password)(error.message))
    judged = judge_reply(stage, error.code, error.message)
    said = f"{error.code} {words}" if 200 <= error.code < 600 else f"not a reply: {words}"
    hint = ""
    if stage is Stage.AUTH and judged.refuses_us:
        hint = f" (check username and the password in {config.password_env})"
    return ConnectFailed(
        f"{_where(config)} refused us at {stage}: {said}{hint}",
        stage=stage,
        temporary=not judged.refuses_us,
        code=error.code,
    )


def _lost(config: SmtpConfig, stage: Stage, error: Exception) -> ConnectFailed:
    if isinstance(cause := error.__cause__, socket.gaierror):
        reason = f"no address was found for this name ({cause.strerror}); check {config.key}.host"
        return ConnectFailed(f"{_where(config)}: {reason}", stage=stage, temporary=True)
    reason = " ".join(str(error).split()) or type(error).__name__
    message = reason if _where_in(reason, config) else f"{_where(config)} at {stage}: {reason}"
    return ConnectFailed(message, stage=stage, temporary=True)


def _where_in(reason: str, config: SmtpConfig) -> bool:
    return config.host in reason and str(config.port) in reason


def scrubber(username: str | None, password: str | None) -> Callable[[str], str]:
    """What takes the password, in any spelling, out of words of a server that may echo it."""
    if not password:
        return str
    pair = f"\0{username or ''}\0{password}".encode()
    coded = [base64.b64encode(secret).decode() for secret in (pair, password.encode())]

    def hide(text: str) -> str:
        for secret in (*coded, password):
            text = text.replace(secret, HIDDEN)
        return text

    return hide
