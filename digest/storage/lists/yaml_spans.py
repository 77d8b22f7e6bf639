"""Where in a YAML list the readers stand, to the character.

The places are those of libyaml's events; nothing is composed anew, so whoever cuts and pastes by
them leaves comments, order and quoting of all the rest as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from digest.errors import ListError, Problem
from digest.storage.lists.source import Source
from digest.storage.lists.yaml_rows import parse_events

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Node:
    """A scalar, sequence or mapping: its text goes from `start` to before `end`.

    `style` is a scalar's quote or block sign ("" when plain). A block collection ends where its
    last child does. The children of a mapping are key, value, key, value ...
    """

    kind: str  # scalar | sequence | mapping
    start: int
    end: int
    flow: bool = False
    style: str = ""
    value: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def pairs(self) -> Iterator[tuple[Node, Node]]:
        return zip(self.children[::2], self.children[1::2], strict=True)


@dataclass(slots=True)
class Text:
    """A list's text with its line starts."""

    source: Source
    text: str
    starts: list[int]

    def offset(self, mark: Any) -> int:
        line, column = int(mark.line), int(mark.column)
        return self.starts[line] + column

    def line_of(self, offset: int) -> int:
        """The line, from 0, on which a character stands."""
        return bisect_right(self.starts, offset) - 1

    def column_of(self, offset: int) -> int:
        return offset - self.starts[self.line_of(offset)]

    def line_after(self, offset: int) -> int:
        """Where the line behind this character's starts, or the end of the text."""
        line = self.line_of(offset) + 1
        return self.starts[line] if line < len(self.starts) else len(self.text)

    @property
    def line_end(self) -> str:
        """The first line's line break."""
        found = _BREAK.search(self.text)
        return found[0] if found else "\n"

    def place(self, offset: int) -> tuple[int, int]:
        return self.line_of(offset) + 1, self.column_of(offset) + 1

    def splice(self, edits: list[tuple[int, int, str]]) -> bytes:
        """The file's bytes with some stretches (start, end, new text) replaced."""
        parts, behind = [], 0
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            parts += [self.text[behind:start], new]
            behind = max(behind, end)  # what is cut twice is cut once
        parts.append(self.text[behind:])
        source = self.source
        return source.raw[: source.bom] + "".join(parts).encode(source.codec)


@dataclass(slots=True)
class Outline:
    """The list: its own node and its items; only those asked for have children."""

    text: Text
    root: Node
    items: list[Node]


def read_text(source: Source) -> Text:
    """The decoded text.

    Raises:
        ListError: it has line separators that only libyaml counts.
    """
    text = source.raw[source.bom :].decode(source.codec)
    if re.search("[\x85\u2028\u2029]", text):
        what = "holds a line separator (U+0085, U+2028 or U+2029), so lines cannot be told apart"
        raise ListError([Problem(file=source.shown, what=what, mend="remove it by hand")])
    starts = [0, *(found.end() for found in _BREAK.finditer(text))]
    return Text(source, text, starts)


def outline(source: Source, wanted: Collection[int] = ()) -> Outline:
    """The list of a file that was read before and is one; `wanted` items have their children."""
    text = read_text(source)
    events = parse_events(source)
    for event in events:
        if isinstance(event, yaml.SequenceStartEvent):
            break
    root = Node("sequence", text.offset(event.start_mark), 0, bool(event.flow_style))
    items: list[Node] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            root.end = text.offset(event.end_mark) if root.flow else 0
            break
        take = _node if len(items) in wanted else _bounds
        items.append(take(text, events, event))
    if not root.flow:
        root.end = items[-1].end if items else root.start
    return Outline(text, root, items)


def _bounds(text: Text, events: Iterator[Any], event: Any) -> Node:
    """An item without its children, which take most of the time."""
    node = last = event
    depth = int(isinstance(event, yaml.CollectionStartEvent))
    while depth:
        event = next(events)
        if isinstance(event, yaml.ScalarEvent):
            last = event
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            begin, mark = event.start_mark, event.end_mark
            if begin and mark and mark.index > begin.index:  # only `}` or `]` is text
                last = event
    return _bare(text, node, _end(text, last))


def _node(text: Text, events: Iterator[Any], event: Any) -> Node:
    node = _bare(text, event, _end(text, event))
    if not isinstance(event, yaml.CollectionStartEvent):
        return node
    for child in events:
        if isinstance(child, yaml.CollectionEndEvent):
            if node.flow:
                node.end = text.offset(child.end_mark)
            return node
        below = _node(text, events, child)
        node.end = max(node.end, below.end)
        node.children.append(below)
    return node


def _bare(text: Text, event: Any, end: int) -> Node:
    start = text.offset(event.start_mark)
    if isinstance(event, yaml.ScalarEvent):
        return Node("scalar", start, end, style=event.style or "", value=event.value)
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end)
    kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
    return Node(kind, start, end, bool(event.flow_style))


def _end(text: Text, event: Any) -> int:
    """Where an event's text ends; blank lines behind a block scalar are not its own."""
    end = text.offset(event.end_mark)
    if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">"):
        start = text.offset(event.start_mark)
        return start + len(text.text[start:end].rstrip())
    return end
