"""What a proof found: one line for an editor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """`ERROR` is what some reader will see or some relay refuse; `WARNING` what one may regret."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    `check` names the kind (headers, mime, text, size, html, css, links, contrast, preheader),
    `where` the place in the letter, `words` what is wrong and what to do. `times` is how often
    the same was found; `where` is then its first place.
    """

    severity: Severity
    check: str
    where: str
    words: str
    times: int = 1

    def __str__(self) -> str:
        more = f" (and {self.times - 1} more)" if self.times > 1 else ""
        return f"{self.severity}: {self.check}: {self.where}{more}: {self.words}"


#: What a check gives: findings as it comes upon them.
Findings = Iterator[Finding]


def error(check: str, where: str, words: str) -> Finding:
    """A finding of its own line, whatever the letter has in it."""
    return _finding(Severity.ERROR, check, where, words)


def warning(check: str, where: str, words: str) -> Finding:
    """A finding of its own line, whatever the letter has in it."""
    return _finding(Severity.WARNING, check, where, words)


def _finding(severity: Severity, check: str, where: str, words: str) -> Finding:
    return Finding(severity=severity, check=check, where=_line(where), words=_line(words))


def _line(text: str) -> str:
    if text.isprintable():
        return text
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def fold(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same thing said once, with how often; errors first, else as they came.

    A header or a part has a name, so each of them is told.
    """
    first: dict[tuple[str, ...], Finding] = {}
    for found in findings:
        named = found.where if found.check in ("headers", "mime") else ""
        key = (found.severity, found.check, found.words, named)
        kept = first.get(key)
        first[key] = replace(kept, times=kept.times + found.times) if kept else found
    return tuple(sorted(first.values(), key=lambda found: found.severity is Severity.WARNING))


def shown(text: str, width: int = 40) -> str:
    """A piece of the letter as it stands in a line: quoted, one line, cut at `width`."""
    line = " ".join(_line(text).split())
    return f'"{line[: width - 1]}…"' if len(line) > width else f'"{line}"'
