"""Inflate a compressed body piece by piece, never past a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from digest.errors import SourceError

_PIECE = 64 * 1024
_LAYERS = 2


class Inflater:
    """Turns the bytes of one layer of gzip or deflate into plain ones (RFC 1950-1952).

    Memory is bounded by the piece size whatever the input claims.
    """

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(47)  # zlib or gzip, by its own header
        self._started = False
        self._done = False

    @property
    def is_complete(self) -> bool:
        return self._done or not self._started

    def feed(self, wire: bytes) -> Iterator[bytes]:
        """Plain pieces of at most 64 KiB each.

        Raises:
            zlib.error: the bytes are neither gzip nor deflate.
        """
        while wire:
            if self._done:
                # RFC 1952 §2.2: further members may follow; padding after the last may not count.
                if not wire.startswith(b"\x1f\x8b"):
                    return
                self._zlib, self._done = zlib.decompressobj(47), False
            try:
                piece = self._zlib.decompress(wire, _PIECE)
            except zlib.error:
                if self._started:
                    raise
                # Some servers send raw deflate under the name "deflate".
                self._zlib = zlib.decompressobj(-15)
                piece = self._zlib.decompress(wire, _PIECE)
            self._started = True
            if piece:
                yield piece
            self._done = self._zlib.eof
            wire = self._zlib.unused_data if self._done else self._zlib.unconsumed_tail


def inflaters_for(content_encoding: str) -> tuple[Inflater, ...]:
    """One inflater for each layer, the outermost first; none for a plain body.

    Raises:
        SourceError: an encoding that was not offered, or more than two layers.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name and name != "identity"]
    strange = [name for name in names if name not in ("gzip", "x-gzip", "deflate")]
    if strange:
        raise SourceError(f"the body is packed with {strange[0][:40]!r}, which was not asked for")
    if len(names) > _LAYERS:
        raise SourceError(f"the body is packed {len(names)} times over")
    return tuple(Inflater() for _ in names)


def inflate(wire: bytes, layers: tuple[Inflater, ...]) -> Iterator[bytes]:
    """Pass one piece of wire through every layer."""
    if not layers:
        yield wire
        return
    for piece in layers[0].feed(wire):
        yield from inflate(piece, layers[1:])
