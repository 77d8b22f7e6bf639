"""A catalogue as text: what rendering needs of a `.po` file, without the file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The newsletter's own words in the language `tag` (BCP 47, "pt-BR").

    `place` is the path shown in errors, `text` the file's content (gettext PO).
    """

    tag: str
    place: str
    text: str
