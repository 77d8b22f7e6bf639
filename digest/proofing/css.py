"""Reads style sheets and `style` attributes as far as mail uses them.

This is a part of CSS Syntax 3: rules, `@media` (and other blocks) with rules in them, at-rules
without a block. Strings, brackets and comments are respected. What is broken is skipped as
browsers skip it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# What may stand between the marks that end a piece: a quoted or bracketed run counts as one.
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\)"
_PRELUDE = re.compile(rf"(?:{_QUOTED}|[^{{}};])*")
_DECLARATION = re.compile(rf"(?:{_QUOTED}|[^;])+")
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """`name: value`, both lower case but for quoted text; `spaced` is a blank before `!`."""

    name: str
    value: str
    important: bool
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One style rule; `conditions` are the at-rules around it, outermost first, lower case."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    conditions: tuple[str, ...] = ()


def strip_comments(css: str) -> str:
    """The sheet without its comments; the `<!--` and `-->` of old times count as such."""
    return _COMMENT.sub(" ", css).replace("<!--", " ").replace("-->", " ")


def parse_rules(css: str) -> list[Rule]:
    """The rules of a style sheet, in order."""
    return list(_rules(strip_comments(css), 0, ())[0])


def _rules(css: str, at: int, conditions: tuple[str, ...]) -> tuple[list[Rule], int]:
    """The rules from `at` on, up to the end or the `}` of the block around them."""
    rules: list[Rule] = []
    while at < len(css):
        found = _PRELUDE.match(css, at)
        prelude, end = (found[0].strip(), found.end()) if found else ("", at)
        mark = css[end : end + 1]
        at = end + 1
        if mark == "{" and prelude.startswith("@"):
            inner, at = _rules(css, at, (*conditions, " ".join(prelude.lower().split())))
            rules += inner
        elif mark == "{":
            close = _block_end(css, at)
            if prelude:
                rules.append(_rule(prelude, css[at:close], conditions))
            at = close + 1
        elif mark == "}" and conditions:
            break
    return rules, at


def _block_end(css: str, at: int) -> int:
    """Where the block that begins at `at` is closed."""
    found = re.compile(rf"(?:{_QUOTED}|[^}}])*").match(css, at)
    return found.end() if found else len(css)


def _rule(prelude: str, block: str, conditions: tuple[str, ...]) -> Rule:
    selectors = tuple(part.strip() for part in _split(prelude) if part.strip())
    return Rule(selectors, parse_declarations(block), conditions)


def _split(prelude: str) -> list[str]:
    return re.split(r",(?![^(\[]*[)\]])", prelude)


@lru_cache(maxsize=4096)
def parse_declarations(block: str) -> tuple[Declaration, ...]:
    """The declarations of a rule's block or of a `style` attribute."""
    return tuple(_declarations(strip_comments(block) if "/*" in block else block))


def _declarations(block: str) -> Iterator[Declaration]:
    for piece in _DECLARATION.findall(block):
        name, colon, value = piece.partition(":")
        if not colon or not name.strip():
            continue
        marked = _IMPORTANT.search(value)
        bare = value[: marked.start()] if marked else value
        yield Declaration(
            name.strip().lower(),
            bare.strip() if '"' in bare or "'" in bare else bare.strip().lower(),
            marked is not None,
            marked is not None and marked[0][0].isspace(),
        )
