"""Lays out what the letters of a segment share: content headers, parts, slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from digest.mailing.assemble import Assembled
from digest.mailing.dkim import BodyHash, relax_body, relax_headers
from digest.mailing.part import Part, PlainPart, QuotedPart
from digest.mailing.wire import CRLF, Slot, encode_chunk, plain_chunk
from digest.model import Format

_TYPE = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: "
# An edition of 200 papers has some 2,000 literals; segments bring counts and preheaders.
_CHUNKS = 16_384
# In a body of two parts.
_BOUNDARIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A letter behind its own headers, open where a reader's values go.

    `heads` are the content headers with the empty line: for values in ASCII, and for others.
    `pieces` are the body, `b""` at the slots: (position, number in `kinds`). At `marks` stands
    the encoding of a part that depends on the values. `boundary` is in the pieces exactly three
    times; it is empty where nothing can be taken for it. `seams` are what of each piece lies so
    near to a slot that a value could complete a boundary there, and `held` how many are in them
    without values. `body_hash` and `sealed` (the
    content headers, relaxed) serve DKIM.
    """

    heads: tuple[bytes, bytes]
    pieces: tuple[bytes, ...]
    slots: tuple[tuple[int, int], ...]
    kinds: tuple[Slot, ...]
    marks: tuple[int, ...]
    asks_preferences: bool
    eightbit: bool
    boundary: bytes
    seams: tuple[bytes, ...] = ()
    held: int = 0
    relaxed: tuple[bytes, ...] = ()
    body_hash: BodyHash | None = None
    sealed: bytes = b""

    @property
    def octets(self) -> int:
        return sum(map(len, self.pieces)) + sum(map(len, self.relaxed))

    def fill(self, written: Sequence[bytes], *, wide: bool) -> list[bytes]:
        """The body with the values of `kinds`; `wide` if one of them has an octet past 127."""
        body = list(self.pieces)
        for position, kind in self.slots:
            body[position] = written[kind]
        for position in self.marks:
            body[position] = b"8bit" if wide else b"7bit"
        return body

    def clashes(self, written: Sequence[bytes]) -> bool:
        """Whether the values of a reader make another boundary, which would cut her letter."""
        if not self.boundary:
            return False
        seams = list(self.seams)
        for position, kind in self.slots:
            seams[position] = written[kind]
        return b"".join(seams).count(self.boundary) != self.held

    def joined(self) -> Layout:
        """The same with one piece between two slots, where there were many."""
        stops = sorted([position for position, _ in self.slots] + list(self.marks))
        pieces = _join_between(self.pieces, stops)
        places = {stop: 2 * number + 1 for number, stop in enumerate(stops)}
        slots = tuple((places[position], kind) for position, kind in self.slots)
        marks = tuple(places[mark] for mark in self.marks)
        joined = replace(self, pieces=pieces, slots=slots, marks=marks)
        if self.body_hash is None:
            return joined
        relaxed = _join_between(self.relaxed, stops)
        # What relaxing leaves as it is, is kept once.
        relaxed = tuple(p if p == r else r for p, r in zip(pieces, relaxed, strict=True))
        return replace(joined, relaxed=relaxed, body_hash=BodyHash(relaxed, slots))

    def guarded(self) -> Layout:
        """The same with what `clashes` looks at."""
        if not self.boundary:
            return self
        seams = _seams(self.pieces, len(self.boundary))
        return replace(self, seams=seams, held=b"".join(seams).count(self.boundary))


def _seams(pieces: Sequence[bytes], length: int) -> tuple[bytes, ...]:
    """The pieces without their middle, where nothing `length` long can reach a slot."""
    near = length - 1
    return tuple(p if len(p) <= 2 * near else p[:near] + CRLF + p[-near:] for p in pieces)


def _join_between(pieces: Sequence[bytes], stops: Sequence[int]) -> tuple[bytes, ...]:
    joined, start = [], 0
    for stop in stops:
        joined += [b"".join(pieces[start:stop]), b""]
        start = stop + 1
    return (*joined, b"".join(pieces[start:]))


class Typesetter:
    """Sets the segments of one edition, each chunk of text encoded once.

    `links` are the fixed beginnings of the links, by reader field. With `signing` layouts carry
    what DKIM needs.
    """

    def __init__(self, links: Mapping[str, str], *, signing: bool) -> None:
        self._links = links
        self._signing = signing
        self._quoted: Callable[[str], bytes] = lru_cache(_CHUNKS)(encode_chunk)
        self._plain = lru_cache(_CHUNKS)(plain_chunk)
        self._relaxed: Callable[[bytes], bytes] = lru_cache(_CHUNKS)(relax_body)

    def set(self, assembled: Assembled, mark: str, *, eightbit: bool) -> Layout:
        """The layout of a segment.

        `mark` is 24 letters of its own. Without `eightbit` all is quoted-printable,
        which never holds `=_` and so no boundary (RFC 2045 §6.7).
        """
        text = self._part(assembled, escape=False, eightbit=eightbit)
        sheet = _Sheet()
        if assembled.format is Format.TEXT:
            sheet.add_part(text)
            heads = [f"{_TYPE.format('plain')}{coding}\r\n\r\n".encode() for coding in text.codings]
            return self._lay_out(heads, sheet, "")
        html = self._part(assembled, escape=True, eightbit=eightbit)
        boundary = f"=_{mark}"
        sheet.open_part(f"--{boundary}", "plain", text)
        sheet.add_part(text)
        sheet.open_part(f"\r\n--{boundary}", "html", html)
        sheet.add_part(html)
        sheet.pieces.append(f"\r\n--{boundary}--\r\n".encode())
        kind = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'
        codings = zip(text.codings, html.codings, strict=True)
        heads = [f"{kind}{_outer_coding(pair)}\r\n".encode() for pair in codings]
        plain = isinstance(text, PlainPart) or isinstance(html, PlainPart)
        if plain and b"".join(sheet.pieces).count(boundary.encode()) != _BOUNDARIES:
            return self.set(assembled, mark, eightbit=False)  # quoted, no text can hold it
        return self._lay_out(heads, sheet, boundary if plain else "")

    def _part(self, assembled: Assembled, *, escape: bool, eightbit: bool) -> Part:
        if eightbit:
            plain = PlainPart(self._plain, escape=escape)
            plain.set(assembled.placed, self._links)
            if plain.fits:
                return plain
        quoted = QuotedPart(self._quoted, escape=escape)
        quoted.set(assembled.placed, self._links)
        return quoted

    def _lay_out(self, heads: Sequence[bytes], sheet: _Sheet, boundary: str) -> Layout:
        kinds = {slot: number for number, slot in enumerate(dict.fromkeys(sheet.kinds()))}
        slots = tuple((position, kinds[slot]) for position, slot in sheet.slots)
        relaxed, body_hash, sealed = tuple[bytes, ...](), None, b""
        if self._signing:
            relaxed = tuple(map(self._relaxed, sheet.pieces))
            body_hash = BodyHash(relaxed, slots)
            sealed = relax_headers(heads[0].removesuffix(CRLF))
        return Layout(
            heads=(heads[0], heads[1]),
            pieces=tuple(sheet.pieces),
            slots=slots,
            kinds=tuple(kinds),
            marks=tuple(sheet.marks),
            asks_preferences=any(kind.field == "preferences" for kind in kinds),
            eightbit=sheet.eightbit,
            boundary=boundary.encode(),
            relaxed=relaxed,
            body_hash=body_hash,
            sealed=sealed,
        )


class _Sheet:
    """A body while it is laid out."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.slots: list[tuple[int, Slot]] = []
        self.marks: list[int] = []
        self.eightbit = False

    def open_part(self, line: str, kind: str, part: Part) -> None:
        narrow, wide = part.codings
        start = f"{line}\r\n{_TYPE.format(kind)}"
        if narrow == wide:
            self.pieces.append(f"{start}{narrow}\r\n\r\n".encode())
            return
        self.marks.append(len(self.pieces) + 1)
        self.pieces += [start.encode(), b"", b"\r\n\r\n"]

    def add_part(self, part: Part) -> None:
        start = len(self.pieces)
        self.pieces += part.pieces
        self.slots += [(start + position, slot) for position, slot in part.slots]
        self.eightbit = self.eightbit or part.codings[0] == "8bit"

    def kinds(self) -> Iterator[Slot]:
        return (slot for _, slot in self.slots)


def _outer_coding(codings: Sequence[str]) -> str:
    """The line that a multipart with octets past 127 in it must have (RFC 2045 §6.4)."""
    return "Content-Transfer-Encoding: 8bit\r\n" if "8bit" in codings else ""
