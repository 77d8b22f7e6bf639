"""Reads a mailbox on an IMAP server: what is not seen, which is marked when it is recorded."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from digest.bounces.mail import Mail, MailboxError
from digest.bounces.parts import LONGEST
from digest.config import ImapConfig
from digest.config.wording import variable
from digest.errors import ConfigError, Problem

T = TypeVar("T")
#: What the library stumbles with over an answer that it did not foresee.
_GARBLED = (ValueError, LookupError, AttributeError, TypeError, RecursionError, AssertionError)


class ImapMailbox:
    """A folder of an IMAP account. The mails of a connection that is cut stay unseen."""

    def __init__(
        self, config: ImapConfig, environment: Mapping[str, str], ca_file: Path | None = None
    ) -> None:
        """Connect and log in; the certificate is verified before a word of it.

        Raises:
            ConfigError: the password is not in the environment, or `ca_file` is none.
            MailboxError: the server cannot be reached, or does not let us in.
        """
        password = _password(config, environment)
        context = _certificates(ca_file)
        self._config = config
        self._client: Any = self._ask("cannot be reached", lambda: _connect(config, context))
        try:
            # The server's words on a failed login may repeat what it was told.
            self._ask(
                f"does not let {config.username} in",
                lambda: _log_in(self._client, config.username, password),
                tell=False,
            )
            self._ask(
                f"does not open folder {config.folder}",
                lambda: self._client.select_folder(config.folder),
            )
        except BaseException:
            self.close()
            raise

    def unread(self) -> Iterator[Mail]:
        """Every mail without \\Seen, one at a time in memory, and of a long one the beginning.

        Raises:
            MailboxError: the connection broke.
        """
        numbers = self._ask("does not search", lambda: self._client.search("UNSEEN"))
        for number in sorted(numbers):
            part = f"BODY.PEEK[]<0.{LONGEST}>"
            answer = self._ask(
                "does not give a mail",
                lambda: self._client.fetch([number], [part]),  # noqa: B023
            )
            fields = answer.get(number, {})
            raw = next((v for k, v in fields.items() if k.startswith(b"BODY[]")), None)
            if raw is not None:  # None: another reader has removed it
                yield Mail(name=str(number), raw=raw)

    def done(self, mails: Sequence[Mail]) -> None:
        """Mark them as seen, and move them if so configured.

        Raises:
            MailboxError: the connection broke; the next run marks them.
        """
        numbers = [int(mail.name) for mail in mails]
        if not numbers:
            return
        self._ask(
            "does not mark mails",
            lambda: self._client.add_flags(numbers, [b"\\Seen"], silent=True),
        )
        target = self._config.move_to
        if target is not None:
            self._ask(f"does not move mails to {target}", lambda: self._move(numbers, target))

    def close(self) -> None:
        with suppress(Exception):  # whatever is said at the end changes nothing
            self._client.logout()

    def _move(self, numbers: list[int], target: str) -> None:
        if not self._client.has_capability("MOVE"):
            raise MailboxError(
                f"{self._config.where}: cannot move mails; remove bounces.imap.move_to"
            )
        self._client.move(numbers, target)

    def _ask(self, failing: str, question: Callable[[], T], *, tell: bool = True) -> T:
        from imapclient.exceptions import IMAPClientError

        try:
            return question()
        except (IMAPClientError, OSError, EOFError) as error:
            words = f": {' '.join(str(error).split())[:200]}" if tell and str(error) else ""
            raise MailboxError(f"{self._config.where}: {failing}{words}") from None
        except _GARBLED as error:
            raise MailboxError(
                f"{self._config.where}: {failing}: its answer is no IMAP ({type(error).__name__})"
            ) from None


def _log_in(client: Any, username: str, password: str) -> None:
    """LOGIN carries ASCII only; AUTHENTICATE PLAIN carries UTF-8 (RFC 4616)."""
    if (username + password).isascii():
        client.login(username, password)
    else:
        client.plain_login(username, password)


def _connect(config: ImapConfig, context: ssl.SSLContext) -> Any:
    from imapclient import IMAPClient

    client = IMAPClient(
        config.host,
        config.door,
        ssl=config.security == "tls",
        ssl_context=context if config.security == "tls" else None,
        timeout=config.timeout,
    )
    if config.security == "starttls":
        try:
            client.starttls(context)
        except BaseException:
            client.shutdown()
            raise
    return client


def _password(config: ImapConfig, environment: Mapping[str, str]) -> str:
    if password := environment.get(config.password_env):
        return password
    key = "bounces.imap.password_env"
    what = f"{variable(config.password_env, key)} is not set"
    mend = f"set it to the password of {config.username}"
    raise ConfigError([Problem(file="config.yaml", key=key, what=what, mend=mend)])


def _certificates(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        what = f"{ca_file} cannot be used: {error.strerror or error}"
        mend = "it has to be a PEM file of certificates"
        problem = Problem(file="config.yaml", key="bounces.imap.ca_file", what=what, mend=mend)
        raise ConfigError([problem]) from None
