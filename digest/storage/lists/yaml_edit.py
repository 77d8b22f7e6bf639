"""Readers put into, or taken out of, YAML text that otherwise stays as it is.

What cannot be cut out by lines, or between two commas, raises `CannotSplice`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from digest.storage.lists.source import Source
from digest.storage.lists.yaml_spans import Node, Outline, Text, outline
from digest.storage.lists.yaml_words import pair_text, scalar


class CannotSplice(Exception):
    """The text has no stretch that could be replaced without harm to its neighbours."""


def new_yaml() -> bytes:
    """An empty list."""
    return b"[]\n"


def add_items(source: Source, rows: Sequence[Mapping[str, str]]) -> bytes:
    """The list with more items behind the last one, written the way that one is.

    Raises:
        CannotSplice: there is no safe place for them.
        ListError: the text's lines cannot be told apart.
    """
    found = outline(source)
    text = found.text
    if found.root.flow:
        return _add_between_brackets(found, rows)
    last = found.items[-1]
    dash = _dash(found, last)
    line = text.starts[text.line_of(dash)]
    indent = text.text[line:dash]
    if indent.strip():  # subscribers: - email ... on one line is not YAML, a tag before it is
        raise CannotSplice
    end = text.line_end
    kind = last.kind if last.kind == "scalar" else ("flow" if last.flow else "block")
    new = "".join(compose_item(row, kind, indent, end) for row in rows)
    at = text.line_after(last.end)
    if at == len(text.text) and not text.text.endswith(("\n", "\r")):
        new = end + new.removesuffix(end)
    return text.splice([(at, at, new)])


def remove_items(source: Source, numbers: Sequence[int]) -> bytes:
    """The list without the items of these numbers (from 0, rising).

    Raises:
        CannotSplice: an item shares its lines with something else.
        ListError: the text's lines cannot be told apart.
    """
    found = outline(source)
    if found.root.flow:
        return _remove_between_brackets(found, numbers)
    text = found.text
    edits = []
    for number in numbers:
        item = found.items[number]
        first = text.starts[text.line_of(_dash(found, item))]
        edits.append((first, text.line_after(item.end), ""))
    edits = _joined(edits)
    if len(numbers) == len(found.items):
        edits[:1] = _leave_empty(found, edits[0])
    start, end, new = edits[-1]
    if end == len(text.text) and not text.text.endswith(("\n", "\r")):
        edits[-1] = _give_up_break(text.text, start, end, new)
    return text.splice(edits)


def compose_item(fields: Mapping[str, str], kind: str, indent: str, end: str) -> str:
    """An item with its dash; `kind` is scalar (an address alone where it can be), flow, block."""
    if kind == "scalar" and set(fields) == {"email"}:
        return f"{indent}- {scalar(fields['email'])}{end}"
    pairs = [pair_text(name, value) for name, value in fields.items()]
    if kind == "flow":
        return f"{indent}- {{{', '.join(pairs)}}}{end}"
    return f"{indent}- " + f"{end}{indent}  ".join(pairs) + end


def _add_between_brackets(found: Outline, rows: Sequence[Mapping[str, str]]) -> bytes:
    text = found.text
    if not found.items:
        return _fill_empty(found, rows)
    last = found.items[-1]
    texts = [_between_brackets(row, last.kind == "scalar") for row in rows]
    join = ", "
    if len(found.items) > 1:  # the way the last two are set apart, be it a line break
        between = text.text[found.items[-2].end : last.start]
        if re.fullmatch(r",\s*", between):
            join = between
    return text.splice([(last.end, last.end, "".join(join + each for each in texts))])


def _between_brackets(row: Mapping[str, str], alone: bool) -> str:
    if alone and set(row) == {"email"}:
        return scalar(row["email"])
    return "{" + ", ".join(pair_text(name, value) for name, value in row.items()) + "}"


def _remove_between_brackets(found: Outline, numbers: Sequence[int]) -> bytes:
    places = [(item.start, item.end) for item in found.items]
    gone = set(numbers)
    return found.text.splice([cut_between_commas(found.text, places, n, gone) for n in numbers])


def cut_between_commas(
    text: Text, places: Sequence[tuple[int, int]], number: int, gone: Collection[int]
) -> tuple[int, int, str]:
    """What to cut so that a thing between brackets goes, with one comma; `gone` are all that go.

    It is the comma before it, for those before the first that stays the comma behind. With a
    comment in between it is the thing alone with the comma that follows at once: one too many at
    the end is allowed.
    """
    start, end = places[number]
    leads = all(before in gone for before in range(number))
    if not leads:
        wide = places[number - 1][1], end
    elif number + 1 < len(places):
        wide = start, places[number + 1][0]
    else:
        wide = start, end
    if has_comment(text.text[wide[0] : start] + text.text[end : wide[1]]):
        comma = re.match(r"[ \t]*,", text.text[end:])
        return start, end + (comma.end() if comma else 0), ""
    return *wide, ""


def has_comment(text: str) -> bool:
    return re.search(r"(?:^|\s)#", text) is not None


def _dash(found: Outline, item: Node) -> int:
    """Where the item's `-` is, once it is sure that nothing else stands on its lines."""
    text = found.text
    line = text.line_of(item.start)
    before = text.text[text.starts[line] : item.start]
    while not before.strip() and line > 0:
        line -= 1
        before = text.text[text.starts[line] : text.starts[line + 1]].partition(" #")[0]
    if not re.fullmatch(r"\s*-\s*", before):
        raise CannotSplice
    return text.starts[line] + before.index("-")


def _fill_empty(found: Outline, rows: Sequence[Mapping[str, str]]) -> bytes:
    """First items where `[]` stands alone on its line, or behind its key."""
    text = found.text
    line = text.starts[text.line_of(found.root.start)]
    after = text.line_after(found.root.start)
    content = text.text[line:after].rstrip("\r\n")
    end = text.line_end
    closing = text.text[line + len(content) : after]
    indent = "  " if "subscribers" in content else content[: found.root.start - line]
    new = "".join(compose_item(row, "block", indent, end) for row in rows).removesuffix(end)
    if content.strip() == "[]":
        return text.splice([(line, after, new + closing)])
    if not re.fullmatch(r"\s*subscribers:\s*\[\]\s*", content):
        at = found.root.start + 1
        return text.splice([(at, at, ", ".join(_between_brackets(row, False) for row in rows))])
    head = content.rstrip().removesuffix("[]").rstrip()
    return text.splice([(line, after, head + end + new + closing)])


def _leave_empty(found: Outline, first: tuple[int, int, str]) -> list[tuple[int, int, str]]:
    """Write `[]` where the only items go, for a list of nobody is not an empty file."""
    text, (start, stop, _) = found.text, first
    line = text.line_of(start)
    before_at = text.starts[line - 1] if line else 0
    before = text.text[before_at:start]
    if re.fullmatch(r"\s*subscribers:\s*", before):
        at = before_at + len(before.rstrip())
        return [(at, at, " []"), first]
    removed = text.text[start:stop]
    indent = removed[: removed.index("-")]
    under_key = re.search(r"^\s*subscribers:", text.text[:start], re.MULTILINE)
    return [(start, stop, (indent or ("  " if under_key else "")) + "[]" + text.line_end)]


def _joined(edits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Stretches to cut, those that touch as one."""
    joined = edits[:1]
    for start, end, new in edits[1:]:
        if joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end, new)
        else:
            joined.append((start, end, new))
    return joined


def _give_up_break(text: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """The last edit of a text without a line break at its end, so that it still has none."""
    if new:
        return start, end, new.rstrip("\r\n")
    for sign in ("\r\n", "\n", "\r"):
        if text[:start].endswith(sign):
            return start - len(sign), end, new
    return start, end, new
