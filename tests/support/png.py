"""Reads and writes small PNG pictures in the plainest way."""

from __future__ import annotations

import struct
import zlib

MAGIC = b"\x89PNG\r\n\x1a\n"

Pixels = list[list[int]]


def read_png(png: bytes) -> tuple[int, int, int, Pixels]:
    """Width, height, samples a pixel, and the samples of each row."""
    assert png.startswith(MAGIC)
    at, packed = len(MAGIC), b""
    width = height = samples = 0
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == struct.unpack_from(">I", png, at + 8 + length)[0]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", data)
            assert depth == 8
            samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += data
        at += 12 + length
    raw, rows, above = zlib.decompress(packed), [], [0] * (width * samples)
    for start in range(0, len(raw), 1 + width * samples):
        row = list(raw[start + 1 : start + 1 + width * samples])
        above = _unfilter(raw[start], row, above, samples)
        rows.append(above)
    assert len(rows) == height
    return width, height, samples, rows


def _unfilter(kind: int, row: list[int], above: list[int], samples: int) -> list[int]:
    for n, value in enumerate(row):
        left = row[n - samples] if n >= samples else 0
        corner = above[n - samples] if n >= samples else 0
        guess = (0, left, above[n], (left + above[n]) // 2, _paeth(left, above[n], corner))[kind]
        row[n] = (value + guess) % 256
    return row


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


def write_png(rows: Pixels, samples: int, filters: list[int]) -> bytes:
    """A picture whose rows are filtered so."""
    raw, above = b"", [0] * len(rows[0])
    for row, kind in zip(rows, filters, strict=True):
        raw += bytes([kind]) + _filter(kind, row, above, samples)
        above = row
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    size = struct.pack(">IIBBBBB", len(rows[0]) // samples, len(rows), 8, colour, 0, 0, 0)
    chunks = (b"IHDR", size), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")
    return MAGIC + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _filter(kind: int, row: list[int], above: list[int], samples: int) -> bytes:
    out = []
    for n, value in enumerate(row):
        left = row[n - samples] if n >= samples else 0
        corner = above[n - samples] if n >= samples else 0
        guess = (0, left, above[n], (left + above[n]) // 2, _paeth(left, above[n], corner))[kind]
        out.append((value - guess) % 256)
    return bytes(out)
