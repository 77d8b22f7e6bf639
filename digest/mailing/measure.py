"""Counts what a block weighs in a letter."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache

from digest.model import Block
from digest.prose.wrapping import wrap_lines

# Never in a letter: a NUL or a lone surrogate breaks it, and one C1 control character makes
# Gmail clip it (https://github.com/hteumeuleu/email-bugs/issues/41).
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("\r\n?|\x85")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

#: No name in a letter is longer, so that its room can be known before the reader is.
NAME_LENGTH = 100

#: The most bytes that a reader field takes in HTML. An address has at most 64 octets before the
#: @ and 255 after (RFC 5321 §4.5.3.1), each name's character at most 6 bytes (`&quot;`).
ROOM: Mapping[str, int] = {
    "name": 6 * NAME_LENGTH,
    "address": 6 * 64 + 256,
    "unsubscribe_url": 300,
    "preferences_url": 300,
}


def clean_text(text: str) -> str:
    """Text that may stand in a body: line feeds only, no other control character but the tab."""
    if "\r" in text or "\x85" in text:
        text = _BREAKS.sub("\n", text)
    return _UNSENDABLE.sub("", text)


def one_line(text: str) -> str:
    """Text that may stand in a header: one line, single blanks, none at the ends.

    Marks that turn the reading direction are dropped: one left open would turn what follows.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_BIDI.sub("", clean_text(" ".join(text.split()))).split())


def fill(block: Block, values: Mapping[str, str], *, escape: bool) -> Block:
    """The block with every field of `values` written in; other fields stay open."""
    literals, fields = [block.literals[0]], []
    for name, literal in zip(block.fields, block.literals[1:], strict=True):
        if name in values:
            literals[-1] += write_value(values[name], escape=escape) + literal
        else:
            fields.append(name)
            literals.append(literal)
    return Block(tuple(literals), tuple(fields))


def fill_text(block: Block, values: Mapping[str, str]) -> Block:
    """As `fill` for a text block, whose lines are wrapped behind their values.

    A line with a field that stays open is left as it is: a reader's own value wraps nothing.
    """
    if not block.fields:
        return block
    return _fill_text(block, tuple((name, values[name]) for name in block.fields if name in values))


@lru_cache(4096)
def _fill_text(block: Block, values: tuple[tuple[str, str], ...]) -> Block:
    filled = fill(block, dict(values), escape=False)
    last = len(filled.fields)
    literals = [
        _wrap_whole_lines(text, after=number > 0, before=number < last)
        for number, text in enumerate(filled.literals)
    ]
    return Block(tuple(literals), filled.fields)


def _wrap_whole_lines(text: str, *, after: bool, before: bool) -> str:
    """`after`, `before`: an open field stands there, and the line beside it is no whole one."""
    start = text.find("\n") + 1 if after else 0
    end = text.rfind("\n") + 1 if before else len(text)
    if start >= end or (after and not start):
        return text
    return text[:start] + wrap_lines(text[start:end]) + text[end:]


def write_value(text: str, *, escape: bool) -> str:
    """A field's value as it stands in an HTML (`escape`) or a text block."""
    return html.escape(text, quote=True) if escape else text


def weigh(text: str) -> int:
    """Bytes of the decoded part: UTF-8, with CRLF at line ends."""
    text = clean_text(text)
    return len(text.encode("utf-8")) + text.count("\n")


def weigh_block(block: Block, values: Mapping[str, int]) -> int:
    """Bytes of a block whose fields take up to `values` bytes each."""
    return sum(map(weigh, block.literals)) + sum(values[name] for name in block.fields)
