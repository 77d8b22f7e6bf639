"""What a pipelining conversation has asked for and what stands open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from digest.model import Letter, Outcome, Stage


class Asked(Enum):
    """What a reply is the answer to."""

    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    VOID = auto()  # the lone dot behind a DATA that should not have been answered by 354
    QUIT = auto()


STAGES = {
    Asked.MAIL: Stage.MAIL,
    Asked.RCPT: Stage.RCPT,
    Asked.DATA: Stage.DATA,
    Asked.DOT: Stage.DOT,
}
#: How the reply begins that needs no reading.
CONSENT = {Asked.MAIL: b"250 ", Asked.RCPT: b"250 ", Asked.DATA: b"354 "}
OF_ENVELOPE = (Asked.MAIL, Asked.RCPT, Asked.DATA)


@dataclass(slots=True)
class Proof:
    """What a relay's connections have learned of its pipelining.

    A server may offer it and throw away whatever comes behind a command, or behind a content.
    Until both have worked once, silence is taken for that: the relay is then served plainly.
    """

    trusted: bool = True
    group: bool = False
    behind: bool = False


class Offer:
    """A letter's envelope that is on its way, with the first refusal that came."""

    __slots__ = ("answered", "behind", "done", "letter", "refusal", "replies")

    def __init__(self, letter: Letter, *, behind: bool) -> None:
        self.letter = letter
        self.behind = behind
        self.refusal: Outcome | None = None
        self.replies = 0
        self.answered = False
        self.done: asyncio.Future[None] | None = None

    def finish(self) -> None:
        self.answered = True
        if self.done is not None and not self.done.done():
            self.done.set_result(None)
