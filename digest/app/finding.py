"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`ok` is None for what is only worth knowing."""

    about: str
    ok: bool | None
    words: str
