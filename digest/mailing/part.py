"""Sets one part of a letter: the wire's chunks in order, with slots for the reader's values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from digest.mailing.assemble import Placed
from digest.mailing.measure import NAME_LENGTH, ROOM, write_value
from digest.mailing.wire import CRLF, LINE_OCTETS, SOFT_BREAK, PlainChunk, Slot

#: Octets of a token, which stands for the end of a link.
TOKEN_LENGTH = 45
#: A link is its fixed beginning with a token of this name behind it.
TOKENS: Mapping[str, str] = {"unsubscribe_url": "unsubscribe", "preferences_url": "preferences"}
# The most octets of a value: in UTF-8, or with its HTML escapes.
_ROOM = {
    ("name", False): 4 * NAME_LENGTH,
    ("name", True): ROOM["name"],
    ("address", False): ROOM["address"],
    ("address", True): ROOM["address"],
    ("unsubscribe", False): TOKEN_LENGTH,
    ("preferences", False): TOKEN_LENGTH,
}


#: Segments share most of their values: counts, and the beginnings of links.
_shared_value = lru_cache(4096)(write_value)


class Part(ABC):
    """A part while it is set.

    `pieces` are shared chunks, not copies, with `b""` at each of `slots`: (position, slot).
    """

    def __init__(self, *, escape: bool) -> None:
        self.escape = escape
        self.pieces: list[bytes] = []
        self.slots: list[tuple[int, Slot]] = []

    def set(self, placed: Iterable[Placed], links: Mapping[str, str]) -> None:
        """All blocks with their segment's values; `links` are the fixed beginnings of links.

        It breaks off where it is clear that the part does not fit.
        """
        for each in placed:
            if not self.fits:
                return
            block = each.piece.html if self.escape else each.text
            self.add(block.literals[0])
            if not block.fields:
                continue
            for field, literal in zip(block.fields, block.literals[1:], strict=True):
                if field in each.values:
                    self.add(_shared_value(each.values[field], escape=self.escape))
                elif field in links:
                    self.add(_shared_value(links[field], escape=self.escape))
                    self.open(TOKENS[field], escape=False)
                else:
                    self.open(field, escape=self.escape)
                self.add(literal)
        self.end()

    def put(self, slot: Slot) -> None:
        """Leave a place open."""
        self.slots.append((len(self.pieces), slot))
        self.pieces.append(b"")

    @property
    @abstractmethod
    def fits(self) -> bool:
        """Whether what is set so far may go in this encoding."""

    @property
    @abstractmethod
    def codings(self) -> tuple[str, str]:
        """Content-Transfer-Encoding where the reader's values are ASCII, and where not."""

    @abstractmethod
    def add(self, text: str) -> None:
        """Encode text that readers share."""

    @abstractmethod
    def open(self, field: str, *, escape: bool) -> None:
        """Leave a place for a reader's value."""

    @abstractmethod
    def end(self) -> None:
        """End the last line."""


class QuotedPart(Part):
    """A part in quoted-printable."""

    def __init__(self, encode: Callable[[str], bytes], *, escape: bool) -> None:
        super().__init__(escape=escape)
        self._encode = encode

    @property
    def fits(self) -> bool:
        return True

    @property
    def codings(self) -> tuple[str, str]:
        return ("quoted-printable", "quoted-printable")

    def add(self, text: str) -> None:
        chunk = self._encode(text)
        if chunk:
            self.pieces.append(chunk)

    def open(self, field: str, *, escape: bool) -> None:
        self.put(Slot(field, escape, quoted=True))

    def end(self) -> None:
        # A slot's value ends in a soft break, or is empty.
        if self.pieces and (not self.pieces[-1] or self.pieces[-1].endswith(SOFT_BREAK)):
            self.pieces.append(CRLF)


class PlainPart(Part):
    """A part that is not encoded. Whether it may go so is known when it is set: `fits`."""

    def __init__(self, encode: Callable[[str], PlainChunk], *, escape: bool) -> None:
        super().__init__(escape=escape)
        self._encode = encode
        self._line = 0  # octets since the last line end, values at their longest
        self._longest = 0
        self._ascii = True
        self._loose = False  # a slot began the line, and its value may be empty
        self._sound = True

    @property
    def fits(self) -> bool:
        """Whether no line can be too long, begins with "From ", or with a dot that is not doubled.

        A mailbox file would put a `>` before the one; quoted-printable can hide it. A dot behind
        a value that begins a line would need a second one for the readers whose value is empty;
        that part is better quoted.
        """
        return self._sound and self._longest <= LINE_OCTETS

    @property
    def codings(self) -> tuple[str, str]:
        if not self._ascii:
            return ("8bit", "8bit")
        named = any(slot.field in ("name", "address") for _, slot in self.slots)
        return ("7bit", "8bit" if named else "7bit")

    def add(self, text: str) -> None:
        chunk = self._encode(text)
        if not chunk.octets:
            return
        if chunk.octets.startswith(b"."):
            if self._loose:
                self._sound = False
            elif not self._line:
                self.pieces.append(b".")
        begins = not self._line or self._loose
        if b"\nFrom " in chunk.octets or (begins and chunk.octets.startswith(b"From ")):
            self._sound = False
        self._loose = False
        self.pieces.append(chunk.octets)
        self._ascii = self._ascii and chunk.octets.isascii()
        self._longest = max(self._longest, self._line + chunk.first, chunk.inside)
        self._line = chunk.last if chunk.breaks else self._line + chunk.first
        self._longest = max(self._longest, self._line)

    def open(self, field: str, *, escape: bool) -> None:
        if self._loose:
            self._sound = False
        self._loose = not self._line
        self.put(Slot(field, escape, starts=self._loose))
        self._line += _ROOM[field, escape]
        self._longest = max(self._longest, self._line)

    def end(self) -> None:
        if self._line:
            self.pieces.append(CRLF)
            self._line = 0
