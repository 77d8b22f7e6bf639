"""A template set as text: what rendering needs of a folder, without the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSet:
    """`files` maps a template's name to its text, `places` to the path shown in errors.

    A bare name (`letter.mjml.j2`) is the set's own file, or the shipped one it falls back to; a
    qualified name (`daily/letter.mjml.j2`) is always the shipped set's, so that a person's own
    template can extend ours by name.
    """

    name: str
    files: Mapping[str, str]
    places: Mapping[str, str]
