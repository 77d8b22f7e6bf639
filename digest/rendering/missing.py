"""What is said where a template names something that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from jinja2 import StrictUndefined
from jinja2.environment import TemplateModule
from pydantic import BaseModel


class Missing(StrictUndefined):
    """An error wherever it is printed, which says what has no such name and what is near it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        usual = str(super()._undefined_message)
        known = None if self._undefined_hint or not isinstance(name, str) else _names(owner)
        if known is None or not name:
            return usual
        near = difflib.get_close_matches(name, known[1], n=1)
        mend = f" (did you mean {near[0]}?)" if near else ""
        return f"{known[0]} has no `{name}`{mend}"


def _names(owner: Any) -> tuple[str, Iterable[str]] | None:
    """What a person calls `owner`, and the names that it has; None where neither is known."""
    kind = type(owner).__name__.removesuffix("View").lower()
    if is_dataclass(owner):
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind}", [field.name for field in fields(owner)]
    if isinstance(owner, BaseModel):
        return "the newsletter", type(owner).model_fields
    if isinstance(owner, TemplateModule):
        return str(owner.__name__), [name for name in vars(owner) if not name.startswith("_")]
    if isinstance(owner, Mapping):
        return "this", [name for name in owner if isinstance(name, str)]
    return None
