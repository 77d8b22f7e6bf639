"""What a relay has offered in its EHLO, and what that means for a letter's envelope."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.delivery.replies import Judgement, judge_reply
from digest.model import EmailAddress, Letter, Outcome, OutcomeKind, Stage

if TYPE_CHECKING:
    import aiosmtplib

# Whatever is not printable, blanks among it, and what would end the path (RFC 5321 §4.1.2).
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One relay's offers. `size_limit` in octets (RFC 1870); 0: it does not say."""

    relay: str
    pipelining: bool = False
    eightbit: bool = False
    smtputf8: bool = False
    size: bool = False
    size_limit: int = 0
    hide: Callable[[str], str] = str

    @classmethod
    def read(cls, client: aiosmtplib.SMTP, relay: str, hide: Callable[[str], str] = str) -> Terms:
        """The offers of a conversation that has said EHLO."""
        limit = client.esmtp_extensions.get("size", "").strip()
        return cls(
            relay=relay,
            hide=hide,
            pipelining=client.supports_extension("pipelining"),
            eightbit=client.supports_extension("8bitmime"),
            smtputf8=client.supports_extension("smtputf8"),
            size=client.supports_extension("size"),
            size_limit=int(limit) if limit.isascii() and limit.isdigit() else 0,
        )

    def refusal(self, letter: Letter) -> Outcome | None:
        """What need not be asked, because the EHLO has already said no."""
        envelope = letter.envelope
        if envelope.needs_smtputf8 and not self.smtputf8:
            words = f"5.6.7 {self.relay} does not offer SMTPUTF8, which the address needs"
            if envelope.recipient.is_ascii:
                return self.outcome(Stage.MAIL, 550, words)
            return self.outcome(Stage.RCPT, 553, words)
        if self.size_limit and letter.octets > self.size_limit:
            octets = len(letter.content)
            if octets > self.size_limit:
                words = f"5.3.4 the letter has {octets} octets, {self.relay} takes"
                return self.outcome(Stage.MAIL, 552, f"{words} {self.size_limit}")
        if not (_is_safe(str(envelope.recipient)) and _is_safe_sender(str(envelope.sender))):
            return self.outcome(Stage.RCPT, 553, "5.1.3 the address cannot be written on the wire")
        return None

    def mail(self, letter: Letter) -> bytes:
        """The MAIL command, without its line end."""
        command = b"MAIL FROM:" + _path(letter.envelope.sender)
        if self.size:
            command += b" SIZE=%d" % letter.octets
        if letter.eightbit and self.eightbit:
            command += b" BODY=8BITMIME"
        return command + b" SMTPUTF8" if letter.envelope.needs_smtputf8 else command

    def rcpt(self, letter: Letter) -> bytes:
        """The RCPT command, without its line end: exactly the validated address."""
        return b"RCPT TO:" + _path(letter.envelope.recipient)

    def outcome(
        self, stage: Stage, code: int, words: str, judged: Judgement | None = None
    ) -> Outcome:
        """The outcome that a reply means; `judged`, if somebody has asked already."""
        judged = judged or judge_reply(stage, code, words)
        return Outcome(
            kind=judged.kind,
            stage=stage,
            code=code if 200 <= code < 600 else 0,
            enhanced=judged.enhanced,
            words=one_line(self.hide(words)),
            relay=self.relay,
        )

    def silence(self, stage: Stage, words: str) -> Outcome:
        """The outcome of a conversation that ended at `stage`; behind the dot it is in doubt."""
        kind = OutcomeKind.UNKNOWN if stage is Stage.DOT else OutcomeKind.UNTRIED
        return Outcome(kind=kind, stage=stage, words=one_line(self.hide(words)), relay=self.relay)


def _is_safe(address: str) -> bool:
    return _UNSAFE.search(address) is None


#: The one sender of a run.
_is_safe_sender = lru_cache(64)(_is_safe)


def _path(address: EmailAddress) -> bytes:
    """`<address>` in UTF-8 (RFC 6531 §3.3)."""
    return b"<" + str(address).encode() + b">"


def one_line(text: str) -> str:
    """A reply's words on one line, without control characters, at a length fit for a ledger."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:500]
