"""For whom an edition is planned and delivered: everybody, or the readers with some tags."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

_TAG = "tag:"
#: The name of everybody.
ALL = ""


def fold_tag(text: str) -> str:
    """A tag as it is compared: case and blanks do not matter; a semicolon parts tags."""
    folded = unicodedata.normalize("NFC", text).casefold().replace(";", " ")
    return " ".join(unicodedata.normalize("NFC", folded).split())


def join_tags(tags: Iterable[str]) -> str:
    """Tags as the ledger keeps them: `;lab;editors;`, or "" for none."""
    folded = dict.fromkeys(filter(None, map(fold_tag, tags)))
    return f";{';'.join(folded)};" if folded else ""


@dataclass(frozen=True, slots=True)
class Audience:
    """The readers with any of `tags`, which are folded; no tag means everybody."""

    tags: tuple[str, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """`tag:lab`, any number of times.

        Raises:
            ValueError: one of them is something else.
        """
        tags: dict[str, None] = {}
        for text in texts:
            kind, tag = text[: len(_TAG)], fold_tag(text[len(_TAG) :])
            if kind.casefold() != _TAG or not tag:
                raise ValueError(f"{text!r} names no readers; write tag:NAME")
            tags[tag] = None
        return cls(tuple(tags))

    @property
    def names(self) -> tuple[str, ...]:
        """As they are remembered: "" for everybody, else `tag:lab`."""
        return tuple(f"{_TAG}{tag}" for tag in self.tags) or (ALL,)

    def holds(self, tags: str) -> bool:
        """Whether a reader with these tags, as `join_tags` makes them, is one of them."""
        return not self.tags or any(f";{tag};" in tags for tag in self.tags)

    def without(self, planned: Collection[str]) -> Audience | None:
        """Those of it for whom nothing was planned by these names; None: all were."""
        if ALL in planned:
            return None
        if not self.tags:
            return self
        left = tuple(tag for tag in self.tags if f"{_TAG}{tag}" not in planned)
        return Audience(left) if left else None


EVERYBODY = Audience()


def say_audience(names: Collection[str]) -> list[str]:
    """Remembered names in words: `everybody`, or each group."""
    return ["everybody"] if ALL in names else sorted(names)
