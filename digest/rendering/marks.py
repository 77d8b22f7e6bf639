"""Marks in a rendered page: where a block begins, where a merge field stands.

A mark holds a key made from everything that the edition says, so no title or abstract can hold
it: a text would have to contain a hash of itself. Marks are ASCII letters, digits and signs that
MRML and lxml pass through, also inside an href.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from digest.model import READER_FIELDS, SEGMENT_FIELDS, Block, Edition


class CutError(Exception):
    """The page's blocks are not the ones expected, in their order; the message says which."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one edition."""

    key: str

    @classmethod
    def of(cls, edition: Edition) -> Marks:
        """Marks that no text of `edition` can forge."""
        return cls("k" + hashlib.sha256(repr(edition).encode("utf-8", "replace")).hexdigest()[:24])

    def begin(self, block: str) -> Markup:
        """The mark that ends the block before it and begins `block`."""
        return Markup(f"<!--{self.key}:{block}-->")  # noqa: S704 - the key is a hash of ours

    def fields(self) -> dict[str, Markup]:
        """What templates see as `field`: one mark a merge field."""
        names = sorted(SEGMENT_FIELDS | READER_FIELDS)
        return {name: Markup(f"{self.key}.{name}.") for name in names}  # noqa: S704

    def cut(
        self, page: str, expected: Sequence[str], optional: Collection[str] = ()
    ) -> dict[str, Block]:
        """The page's blocks in order: `head` begins with the page, each mark begins a next.

        `expected` names the blocks after the head. Those in `optional` may be left out, but not
        some of them.

        Raises:
            CutError: a block is missing, twice there or out of order.
        """
        parts = re.split(rf"<!--{self.key}:([a-z0-9:]+)-->\n?", page)
        names = parts[1::2]
        if not set(names) & set(optional):
            expected = [name for name in expected if name not in optional]
        if names != list(expected):
            raise CutError(_difference(names, expected))
        field = re.compile(rf"{self.key}\.([a-z_]+)\.")
        blocks = {}
        for name, text in zip(("head", *names), parts[0::2], strict=True):
            pieces = field.split(text)
            blocks[name] = Block(tuple(pieces[0::2]), tuple(pieces[1::2]))
        return blocks


def _difference(names: Sequence[str], expected: Sequence[str]) -> str:
    missing = [name for name in expected if name not in names]
    if missing:
        return f"the block {spoken(missing[0])!r} is missing"
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        return f"the block {spoken(twice[0])!r} begins more than once"
    return "the blocks stand in another order"


def spoken(block: str) -> str:
    """A block's name without its numbers: `full:3:1` -> `full`."""
    return block.rstrip(":0123456789")
