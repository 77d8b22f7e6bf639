"""What goes wrong between a rendition and the bytes of a letter."""

from __future__ import annotations

from digest.errors import DigestError


class LetterError(DigestError):
    """A letter cannot be made; the message names the segment or the reader, never an address."""
