"""One reader put into, or taken out of, YAML text that otherwise stays as it is.

The lines of an item are found by the places of its events; nothing is composed anew, so
comments, order and quoting of all the others stay. What is not written one item after another
on lines of their own is refused, not guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from digest.errors import ListError, Problem
from digest.storage.lists.row import LISTS
from digest.storage.lists.source import Source
from digest.storage.lists.yaml_rows import parse_events

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_PLAIN = re.compile(r"[^\W\d_](?:[\w .@+/()-]*[\w@+/()])?")
_NOT_TEXT = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]
)  # what YAML 1.1 readers take for something else
_BY_HAND = "edit this list by hand"


@dataclass(slots=True)
class _Item:
    """One item of the list; lines from 0, `last` included."""

    line: int
    column: int
    last: int
    kind: str  # block | flow | text


@dataclass(slots=True)
class _Outline:
    """Where the list and its items stand."""

    line: int = 0
    column: int = 0
    items: list[_Item] = field(default_factory=list)


def new_yaml() -> bytes:
    """An empty list."""
    return b"[]\n"


def add_item(source: Source, fields: Mapping[str, str]) -> bytes:
    """The list with one item more behind the last one, written the way that one is.

    Raises:
        ListError: the list is written in a way that cannot be added to safely.
    """
    outline = _outline(source)
    lines = _lines(source)
    end = next((e for e in (_line_end(line) for line in lines) if e), "\n")
    if outline.items:
        last = outline.items[-1]
        dash = _dash(source, lines, last)
        indent = lines[dash][: lines[dash].index("-")]
        new = _compose(fields, last.kind, indent, end)
        at = last.last + 1
    else:
        at, new = _fill_empty(source, lines, outline, fields, end)
    if at and not _line_end(lines[at - 1]):
        lines[at - 1] += end
        new = new.removesuffix(end)
    lines.insert(at, new)
    return _encode(source, "".join(lines))


def remove_items(source: Source, numbers: Sequence[int]) -> bytes:
    """The list without the items of these numbers (from 0).

    Raises:
        ListError: an item shares its lines with something else.
    """
    outline = _outline(source)
    lines = _lines(source)
    ended = bool(_line_end(lines[-1]))
    spans = []
    for number in numbers:
        item = outline.items[number]
        spans.append((_dash(source, lines, item), item.last))
    if len(numbers) == len(outline.items):
        _leave_empty(lines, spans[0][0])
        spans = [(spans[0][0] + 1, spans[0][1]), *spans[1:]]
    gone = {line for first, last in spans for line in range(first, last + 1)}
    kept = [line for number, line in enumerate(lines) if number not in gone and line]
    if not ended and kept:
        kept[-1] = kept[-1].removesuffix(_line_end(kept[-1]))
    return _encode(source, "".join(kept))


def _outline(source: Source) -> _Outline:
    outline = _Outline()
    depth = 0
    floor = 0  # the depth of the list itself, once it is known
    for event in parse_events(source):
        if isinstance(event, yaml.SequenceStartEvent) and not floor:
            floor = depth + 1
            mark: Any = event.start_mark
            outline.line, outline.column = mark.line, mark.column
        elif floor and depth == floor and isinstance(event, yaml.NodeEvent):
            outline.items.append(_start_item(event))
        if floor and depth >= floor and outline.items:
            _stretch(outline.items[-1], event, closes=depth == floor)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if floor and depth < floor:
            break
    return outline


def _start_item(event: Any) -> _Item:
    mark = event.start_mark
    kind = "text"
    if isinstance(event, yaml.CollectionStartEvent):
        kind = "flow" if event.flow_style else "block"
    return _Item(mark.line, mark.column, mark.line, kind)


def _stretch(item: _Item, event: Any, *, closes: bool) -> None:
    """Let the item reach to the end of an event that has text of its own."""
    mark = event.end_mark
    ends = isinstance(event, yaml.CollectionEndEvent) and not closes
    # Only a flow collection has an end of its own: `}` or `]`.
    if not (isinstance(event, yaml.ScalarEvent) or (ends and mark.index > event.start_mark.index)):
        return
    line = mark.line
    if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">") and mark.column == 0:
        line -= 1
    item.last = max(item.last, line)


def _dash(source: Source, lines: list[str], item: _Item) -> int:
    """The line with the item's `-`, once it is sure that nothing else stands on its lines."""
    line, before = item.line, lines[item.line][: item.column]
    while not before.strip() and line > 0:
        line -= 1
        before = lines[line].partition(" #")[0]
    if not re.fullmatch(r"\s*-\s*", before):
        what = "several things stand on one line here, so it cannot be changed safely"
        raise ListError([_problem(source, item.line, item.column, what)])
    return line


def _fill_empty(
    source: Source, lines: list[str], outline: _Outline, fields: Mapping[str, str], end: str
) -> tuple[int, str]:
    """Make room for a first item where `[]` stands; gives its line and text."""
    line = lines[outline.line]
    content = line.rstrip("\r\n")
    if content.strip() == "[]":
        del lines[outline.line]
        indent = content[: outline.column]
        new = _compose(fields, "block", indent, end).removesuffix(end)
        return outline.line, new + _line_end(line)
    if re.fullmatch(r"\s*subscribers:\s*\[\]\s*", content):
        lines[outline.line] = content.rstrip().removesuffix("[]").rstrip() + _line_end(line)
        return outline.line + 1, _compose(fields, "block", "  ", end)
    what = "this empty list cannot be added to safely"
    raise ListError([_problem(source, outline.line, outline.column, what, "write [] alone")])


def _leave_empty(lines: list[str], first: int) -> None:
    """Write `[]` where the only items go, for a list of nobody is not an empty file."""
    before = lines[first - 1] if first else ""
    end = _line_end(lines[first])
    if re.fullmatch(r"\s*subscribers:\s*", before):
        lines[first - 1] = before.rstrip() + " []" + _line_end(before)
        lines[first] = ""
        return
    indent = lines[first][: lines[first].index("-")]
    under_key = any(re.match(r"\s*subscribers:", line) for line in lines[:first])
    lines[first] = (indent or ("  " if under_key else "")) + "[]" + end


def _compose(fields: Mapping[str, str], kind: str, indent: str, end: str) -> str:
    if kind == "text" and set(fields) == {"email"}:
        return f"{indent}- {_scalar(fields['email'])}{end}"
    pairs = [f"{name}: {_value(name, value)}" for name, value in fields.items()]
    if kind == "flow":
        return f"{indent}- {{{', '.join(pairs)}}}{end}"
    return f"{indent}- " + f"{end}{indent}  ".join(pairs) + end


def _value(name: str, value: str) -> str:
    if name not in LISTS:
        return _scalar(value)
    return "[" + ", ".join(_scalar(item) for item in value.split(";")) + "]"


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return json.dumps(text, ensure_ascii=False)


def _lines(source: Source) -> list[str]:
    text = source.raw[source.bom :].decode(source.codec)
    if re.search("[\x85\u2028\u2029]", text):  # libyaml counts them as line breaks
        what = "holds a line separator (U+0085, U+2028 or U+2029), so lines cannot be told apart"
        raise ListError([Problem(file=source.shown, what=what, mend="remove it by hand")])
    return _LINE.findall(text)


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _encode(source: Source, text: str) -> bytes:
    return source.raw[: source.bom] + text.encode(source.codec)


def _problem(source: Source, line: int, column: int, what: str, mend: str = _BY_HAND) -> Problem:
    return Problem(file=source.shown, line=line + 1, column=column + 1, what=what, mend=mend)
