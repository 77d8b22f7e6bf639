"""What config.yaml says of mail that comes back: `bounces:`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from digest.config.loopback import is_loopback
from digest.config.values import OneLine, Positive, Seconds, Shape, VariableName

_PORTS = {"tls": 993, "starttls": 143, "none": 143}


class ImapConfig(Shape):
    """A mailbox on a server. The password is in the environment, under the name `password_env`.

    Mails that were read are marked as seen, and moved to `move_to` if that is given.
    """

    host: OneLine
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "tls"
    ca_file: str | None = None
    username: OneLine
    password_env: VariableName = "DIGEST_IMAP_PASSWORD"
    folder: OneLine = "INBOX"
    move_to: OneLine | None = None
    timeout: Seconds = 60.0

    @model_validator(mode="after")
    def _says_no_password_aloud(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError("security: none sends the password in clear; only localhost may")
        return self

    @property
    def door(self) -> int:
        """The configured port, or the usual one."""
        return self.port or _PORTS[self.security]

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.door}"


class BouncesConfig(Shape):
    """Which mailbox is read, and what the reports in it do to a reader.

    An address is suppressed after hard bounces of the letters of `hard` different days, or soft
    ones on `soft` days within `soft_within`; a complaint counts at once.
    """

    maildir: str | None = None
    mbox: str | None = None
    imap: ImapConfig | None = None
    hard: Positive = 1
    soft: Positive = 5
    soft_within: Seconds = 1209600.0

    @model_validator(mode="after")
    def _one_mailbox(self) -> Self:
        if sum(each is not None for each in (self.maildir, self.mbox, self.imap)) > 1:
            raise ValueError("bounces takes one of maildir, mbox and imap")
        return self
