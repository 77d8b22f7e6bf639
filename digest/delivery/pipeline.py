"""Letters to a mail server that takes several commands at once (RFC 2920).

aiosmtplib has opened, secured and greeted; from then on this protocol owns the transport. MAIL,
RCPT and DATA leave in one write, and the next letter's three behind the final dot of the letter
before, so a letter costs one round trip. A letter's own content is never written before its 354
has come and its beginning is durable: at most one letter a connection is ever in doubt.

Replies are matched by count and order. One that cannot be right closes the connection; what it
leaves behind is `unknown` if its final dot was written, and `untried` if it was not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable

from digest.config import SmtpConfig
from digest.delivery.asking import CONSENT, OF_ENVELOPE, STAGES, Asked, Offer, Proof
from digest.delivery.plain import QUIT_SECONDS
from digest.delivery.replies import judge_reply
from digest.delivery.terms import Terms, one_line
from digest.model import Letter, Outcome, Stage

#: RFC 5321 §4.5.3.1.5 allows 512 octets; servers write more.
_LONGEST_LINE = 8_192
_LONGEST_REPLY = 131_072
#: How long a relay may be silent before it is taken not to understand pipelining after all.
DOUBT_SECONDS = 30.0


class PipelinedConnection(asyncio.Protocol):
    """One open conversation with a relay that offers PIPELINING."""

    def __init__(
        self, transport: asyncio.Transport, config: SmtpConfig, terms: Terms, proof: Proof
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._config = config
        self._terms = terms
        self._proof = proof
        self._left = config.letters_per_connection
        self._asked: deque[Asked] = deque()
        self._offer: Offer | None = None
        self._dot: asyncio.Future[Outcome] | None = None
        self._bye: asyncio.Future[None] | None = None
        self._buffer = b""
        self._lines: list[bytes] = []
        self._reply_size = 0
        self._lost = ""
        self._open = False  # a 354 was given: only content may follow
        self._writable: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._tick = min(1.0, config.command_timeout / 20, config.dot_timeout / 20)
        self._ticking = self._loop.call_later(self._tick, self._look_at_the_clock)
        self.gave_way = False
        transport.set_protocol(self)

    # What the courier asks for

    @property
    def usable(self) -> bool:
        return not self._lost and (self._left > 0 or self._offer is not None)

    @property
    def eightbit(self) -> bool:
        return self._terms.eightbit

    async def offer(self, letter: Letter) -> Outcome | None:
        """Ask for the letter, or wait for the answer if it was asked for behind the last one."""
        offer = self._offer
        if offer is None or offer.letter is not letter:
            if refusal := self._terms.refusal(letter):
                self._left -= 1
                return refusal
            if not await self._drained():
                return self._terms.silence(Stage.MAIL, self._lost)
            offer = self._offer = Offer(letter, behind=False)
            self._transport.write(self._ask_for(letter))
            self._set_deadline()
        if not offer.answered:
            offer.done = self._loop.create_future()
            await offer.done
        self._offer = None
        return offer.refusal

    def hand_over(self, letter: Letter, following: Letter | None = None) -> Awaitable[Outcome]:
        """Write the content and the next envelope behind it; awaited, the content's answer."""
        if self._writable is not None:
            return self._hand_over_later(letter, following)
        if self._lost or not self._open:
            self._dot = self._loop.create_future()
            words = self._lost or "no 354 came before the content"
            self._dot.set_result(self._terms.silence(Stage.DATA, words))
            return self._dot
        tail = b".\r\n"
        self._open = False
        self._dot = self._loop.create_future()
        self._asked.append(Asked.DOT)
        if following and self._left > 0 and not self._terms.refusal(following):
            self._offer = Offer(following, behind=True)
            tail += self._ask_for(following)
        self._set_deadline()
        self._transport.writelines((*letter.pieces, tail))
        return self._dot

    async def _hand_over_later(self, letter: Letter, following: Letter | None) -> Outcome:
        await self._drained()
        return await self.hand_over(letter, following)

    async def close(self) -> None:
        """QUIT within a few seconds, then hang up."""
        if not self._lost and not self._open and not any(asked in STAGES for asked in self._asked):
            self._bye = self._loop.create_future()
            self._asked.append(Asked.QUIT)
            self._transport.write(b"QUIT\r\n")
            self._deadline = self._loop.time() + self._config.command_timeout
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(QUIT_SECONDS, self._config.command_timeout)):
                    await self._bye
        self._lose("closed")

    # What the transport tells

    def data_received(self, octets: bytes) -> None:
        if self._lost:
            return
        buffer = self._buffer + octets if self._buffer else octets
        start, asked = 0, self._asked
        while (end := buffer.find(b"\n", start)) >= 0:
            offer = self._offer
            if (
                offer is not None
                and asked
                and buffer[start : start + 4] == CONSENT.get(asked[0])
                and not self._lines
                and end - start <= _LONGEST_LINE
            ):  # three of four replies are such: their words say nothing
                self._take_consent(offer, asked.popleft())
            elif not self._take_line(buffer[start:end].rstrip(b"\r")):
                return
            start = end + 1
        self._buffer = buffer[start:]
        if start and asked and not self._lines:
            self._set_deadline()
        if len(self._buffer) > _LONGEST_LINE:
            self._lose("not a reply: a line without an end")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(one_line(str(exc)) if exc else "the server closed the connection")

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # Inside

    async def _drained(self) -> bool:
        """Honour the transport's back-pressure (the server reads slowly). False: it is lost."""
        while self._writable is not None and not self._lost:
            try:
                async with asyncio.timeout(self._config.dot_timeout):
                    await asyncio.shield(self._writable)
            except TimeoutError:
                self._lose("it reads no more")
        return not self._lost

    def _ask_for(self, letter: Letter) -> bytes:
        self._left -= 1
        self._asked += (Asked.MAIL, Asked.RCPT, Asked.DATA)
        mail, rcpt = self._terms.mail(letter), self._terms.rcpt(letter)
        return b"%b\r\n%b\r\nDATA\r\n" % (mail, rcpt)

    def _take_line(self, line: bytes) -> bool:
        """One line of a reply. False: the conversation ended with it."""
        code, mark = line[:3], line[3:4]
        self._reply_size += len(line)
        if not code.isdigit() or len(code) < 3 or mark not in (b" ", b"-", b""):
            self._lose(f"not a reply: {_text(line)}")
        elif self._lines and self._lines[0][:3] != code:
            self._lose(f"not a reply: {_text(line)} after {_text(self._lines[0])}")
        elif self._reply_size > _LONGEST_REPLY or len(line) > _LONGEST_LINE:
            self._lose("not a reply: it is too long")
        elif mark == b"-":
            self._lines.append(line)
        else:
            lines, self._lines, self._reply_size = self._lines, [], 0
            words = line[4:] if not lines else b" ".join(each[4:] for each in (*lines, line))
            self._take_reply(int(code), words)
        return not self._lost

    def _take_reply(self, code: int, octets: bytes) -> None:
        """A whole reply; its words are read only where they say something."""
        asked = self._asked.popleft() if self._asked else None
        if asked is not None and asked in OF_ENVELOPE and self._offer is not None:
            if code == 354 if asked is Asked.DATA else 200 <= code < 300:
                self._take_consent(self._offer, asked)
            else:
                self._take_answer(self._offer, asked, code, _text(octets))
        else:
            self._take_other(asked, code, _text(octets))

    def _take_consent(self, offer: Offer, asked: Asked) -> None:
        offer.replies += 1
        if asked is Asked.DATA:
            self._end_offer(offer, open=True)

    def _take_other(self, asked: Asked | None, code: int, words: str) -> None:
        """The answer to anything but an envelope."""
        said = f"{code} {words}"
        if asked is None:
            self._lose(said if code == 421 else f"a reply that nobody asked for: {said}")
        elif asked is Asked.DOT:
            self._take_verdict(code, words)
        elif asked in STAGES:
            self._lose(f"a reply out of step: {said}")
        elif asked is Asked.QUIT:
            if self._bye is not None and not self._bye.done():
                self._bye.set_result(None)
        elif code == 421 or (asked is Asked.RSET and not 200 <= code < 300):
            self._lose(said)

    def _take_verdict(self, code: int, words: str) -> None:
        """The answer to a content."""
        if not 200 <= code < 600 or 300 <= code < 400:
            self._asked.appendleft(Asked.DOT)
            self._lose(f"not a reply to a letter: {code} {words}")
            return
        judged = judge_reply(Stage.DOT, code, words)
        dot, self._dot = self._dot, None
        if dot is not None and not dot.done():
            dot.set_result(self._terms.outcome(Stage.DOT, code, words, judged))
        if judged.ends:
            self._lose(f"{code} {words}")

    def _take_answer(self, offer: Offer, asked: Asked, code: int, words: str) -> None:
        """A refusal of one command of an envelope."""
        stage = STAGES[asked]
        if not 400 <= code < 600:
            self._asked.appendleft(asked)
            self._lose(f"not a reply to {stage}: {code} {words}")
            return
        offer.replies += 1
        if offer.refusal is None:
            if self._is_out_of_step(offer, asked, code):
                self._asked.appendleft(asked)
                self._give_way(f"{code} {words}")
                return
            offer.refusal = self._terms.outcome(stage, code, words)
        if judge_reply(stage, code, words).ends:
            offer.finish()
            self._lose(f"{code} {words}")
        elif asked is Asked.DATA:
            self._end_offer(offer, open=False)

    def _end_offer(self, offer: Offer, *, open: bool) -> None:
        if open:
            self._proof.group = True
            self._proof.behind = self._proof.behind or offer.behind
        if open and offer.refusal is None:
            self._open = True
        elif open:
            # RFC 2920 §3.1: nobody is to get this, and only a dot ends it.
            self._asked.append(Asked.VOID)
            self._transport.write(b".\r\n")
            self._set_deadline()
        else:
            self._asked.append(Asked.RSET)
            self._transport.write(b"RSET\r\n")
            self._set_deadline()
        offer.finish()

    def _is_out_of_step(self, offer: Offer, asked: Asked, code: int) -> bool:
        """Does a relay that has not shown that it understands pipelining complain of the order?"""
        if offer.behind:
            return not self._proof.behind and code in _OUT_OF_STEP
        return not self._proof.group and asked is not Asked.MAIL and code in _OUT_OF_STEP

    def _give_way(self, words: str) -> None:
        """End a conversation that does not work this way; the relay is served plainly from now."""
        self._proof.trusted = False
        self.gave_way = True
        self._lose(f"it offers PIPELINING and does not keep it ({words})")

    def _set_deadline(self) -> None:
        """When the answer that is waited for next is too late."""
        asked = self._asked[0]
        seconds = self._config.dot_timeout
        if asked is not Asked.DOT:
            seconds = self._config.command_timeout
            if self._in_doubt():
                seconds = min(seconds, DOUBT_SECONDS)
        self._deadline = self._loop.time() + seconds

    def _in_doubt(self) -> bool:
        offer = self._offer
        if offer is None or self._asked[0] is Asked.DOT:
            return False
        if offer.behind:
            return not self._proof.behind
        return not self._proof.group and offer.replies > 0

    def _look_at_the_clock(self) -> None:
        if self._lost:
            return
        if self._asked and self._loop.time() >= self._deadline:
            seconds = self._config.command_timeout
            if self._asked[0] is Asked.DOT:
                seconds = self._config.dot_timeout
                self._lose(f"no answer to the letter within {seconds:g} s")
            elif self._in_doubt():
                self._give_way("no answer to what came behind")
            else:
                self._lose(f"no answer within {seconds:g} s")
            return
        self._ticking = self._loop.call_later(self._tick, self._look_at_the_clock)

    def _lose(self, words: str) -> None:
        """The conversation is over; say what that means for the letters in it."""
        if self._lost:
            return
        self._lost = words or "connection lost"
        self._ticking.cancel()
        self._transport.abort()
        self.resume_writing()
        if self._dot is not None and not self._dot.done():
            self._dot.set_result(self._terms.silence(Stage.DOT, self._lost))
        if (offer := self._offer) is not None and not offer.answered:
            if offer.refusal is None:
                stage = next((STAGES[a] for a in self._asked if a in OF_ENVELOPE), Stage.MAIL)
                offer.refusal = self._terms.silence(stage, self._lost)
            offer.finish()
        if self._bye is not None and not self._bye.done():
            self._bye.set_result(None)


_OUT_OF_STEP = (500, 501, 502, 503)


def _text(octets: bytes) -> str:
    return octets[:2_000].decode("utf-8", "replace")
