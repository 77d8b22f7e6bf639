"""Puts PNG pictures of one width below each other.

Only what browsers write is read: 8 bits a sample, not interlaced (W3C PNG, third edition, §5, §9).
Rows are filtered against the row above; a first row is filtered against an empty one, so below
another picture only that row has to be written anew.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_MAGIC = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)


class _Picture(NamedTuple):
    header: bytes
    width: int
    height: int
    samples: int
    rows: bytes


def join_png(pictures: Sequence[bytes]) -> bytes:
    """The pictures as one, the first on top.

    Raises:
        ValueError: they are no PNG of this kind, or differ in width or colours.
    """
    read = [_read(picture) for picture in pictures]
    first = read[0]
    if any(p.width != first.width or p.header[8:] != first.header[8:] for p in read):
        raise ValueError("pictures of different widths or colours")
    rows = b"".join([first.rows, *(_stand_alone(p) for p in read[1:])])
    size = struct.pack(">II", first.width, sum(p.height for p in read))
    chunks = (b"IHDR", size + first.header[8:]), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")
    return _MAGIC + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _read(png: bytes) -> _Picture:
    if not png.startswith(_MAGIC):
        raise ValueError("not a PNG")
    chunks = list(_chunks(png))
    header = chunks[0][1]
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or interlaced or colour not in _SAMPLES:
        raise ValueError("a PNG of another kind")
    packed = b"".join(data for kind, data in chunks if kind == b"IDAT")
    return _Picture(header, width, height, _SAMPLES[colour], zlib.decompress(packed))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_MAGIC)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _stand_alone(picture: _Picture) -> bytes:
    """The rows, the first of them as it is whatever stands above."""
    end = 1 + picture.width * picture.samples
    kind, row = picture.rows[0], bytearray(picture.rows[1:end])
    if kind == _UP:  # above is nothing: each sample is its own
        kind = _NONE
    elif kind == _PAETH:  # without a row above, what is to the left predicts
        kind = _SUB
    elif kind == _AVERAGE:
        kind = _NONE
        for n in range(picture.samples, len(row)):
            row[n] = (row[n] + row[n - picture.samples] // 2) % 256
    return bytes([kind]) + bytes(row) + picture.rows[end:]
