"""Other values in readers' items; the rest of the text, their other keys too, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from digest.storage.lists.row import LISTS
from digest.storage.lists.source import Source
from digest.storage.lists.yaml_edit import CannotSplice, cut_between_commas, has_comment
from digest.storage.lists.yaml_spans import Node, Outline, Text, outline
from digest.storage.lists.yaml_words import flow_list, pair_text, rewritten, scalar, value_text

Edit = tuple[int, int, str]


def change_items(source: Source, changes: Mapping[int, Mapping[str, str]]) -> bytes:
    """The list with other values in its items of these numbers (from 0); "" takes a key away.

    A key that is new stands behind the others, written as they are. An address alone becomes a
    mapping.

    Raises:
        CannotSplice: an item has no stretch that can be replaced safely.
        ListError: the text's lines cannot be told apart.
    """
    found = outline(source, changes)
    edits: list[Edit] = []
    for number, fields in changes.items():
        edits.extend(_change_item(found, found.items[number], fields))
    return found.text.splice(edits)


def _change_item(found: Outline, item: Node, changes: Mapping[str, str]) -> Iterator[Edit]:
    text = found.text
    if item.kind == "scalar":
        yield from _from_address(text, item, changes, inline=found.root.flow)
        return
    if item.kind != "mapping":
        raise CannotSplice
    pairs = {key.value: (key, value) for key, value in item.pairs}
    gone = [number for number, name in enumerate(pairs) if changes.get(name) == ""]
    for name, value in changes.items():
        if name in pairs and value:
            yield from _replace(text, name, value, pairs[name][1])
        elif name in pairs:
            yield _clear(text, item, name, gone)
    new = [pair_text(name, v) for name, v in changes.items() if v and name not in pairs]
    if new:
        yield _append(text, item, new)


def _from_address(
    text: Text, item: Node, changes: Mapping[str, str], *, inline: bool
) -> Iterator[Edit]:
    """`ada@example.org` becomes `email: ada@example.org` with lines below it, or `{...}`."""
    email = changes.get("email", "")
    written = scalar(email, item.style) if email else text.text[item.start : item.end]
    new = [pair_text(name, v) for name, v in changes.items() if v and name != "email"]
    if not new:
        yield item.start, item.end, written
    elif inline:
        yield item.start, item.end, "{" + ", ".join([f"email: {written}", *new]) + "}"
    else:
        if "\n" in written or "\r" in written:
            raise CannotSplice
        yield item.start, item.end, f"email: {written}"
        yield _below(text, item.end, text.column_of(item.start), new)


def _below(text: Text, offset: int, column: int, lines: list[str]) -> Edit:
    """Lines of their own behind the one with `offset`, indented by `column`."""
    at = text.line_after(offset)
    end = text.line_end
    new = "".join(" " * column + line + end for line in lines)
    if at == len(text.text) and not text.text.endswith(("\n", "\r")):
        new = end + new.removesuffix(end)
    return at, at, new


def _append(text: Text, item: Node, new: list[str]) -> Edit:
    last = item.children[-1]
    if item.flow:
        return last.end, last.end, "".join(f", {pair}" for pair in new)
    return _below(text, last.end, text.column_of(item.children[0].start), new)


def _replace(text: Text, name: str, value: str, node: Node) -> Iterator[Edit]:
    if node.kind == "sequence":
        yield from _replace_items(text, value.split(";"), node)
        return
    old = text.text[node.start : node.end]
    if name in LISTS and ";" in value:
        new = value_text(name, value)
    elif node.start == node.end:  # `name:` with nothing behind it
        new = " " + value_text(name, value)
    else:
        new = rewritten(value, old, node.value, node.style)
    yield node.start, node.end, new


def _replace_items(text: Text, values: list[str], node: Node) -> Iterator[Edit]:
    """The items that stay keep their text; in a block list their lines as well."""
    old = node.children
    if any(each.kind != "scalar" for each in old):
        raise CannotSplice
    if node.flow and old and has_comment(text.text[node.start : node.end]):
        yield from _replace_between_comments(text, values, old)
        return
    if not old or node.flow:
        written = {each.value: text.text[each.start : each.end] for each in old}
        yield node.start, node.end, flow_list(written.get(v) or scalar(v) for v in values)
        return
    column = text.column_of(old[0].start)
    dash = text.text[text.starts[text.line_of(old[0].start)] : old[0].start]
    if not re.fullmatch(r" *- +", dash):
        raise CannotSplice
    matcher = SequenceMatcher(None, [each.value for each in old], values, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            continue
        pairs = min(b - a, d - c)
        for n in range(pairs):
            each = old[a + n]
            yield each.start, each.end, _item_text(text, each, values[c + n])
        for each in old[a + pairs : b]:
            line = text.starts[text.line_of(each.start)]  # a comment on it is about it
            yield line, text.line_after(each.end), ""
        new = [dash.lstrip(" ") + scalar(value) for value in values[c + pairs : d]]
        if new:
            before = old[a + pairs - 1] if a + pairs else None
            indent = column - len(dash.lstrip(" "))
            if before is None:
                line = text.starts[text.line_of(old[0].start)]
                yield line, line, "".join(" " * indent + each + text.line_end for each in new)
            else:
                yield _below(text, before.end, indent, new)


def _item_text(text: Text, old: Node, value: str) -> str:
    return rewritten(value, text.text[old.start : old.end], old.value, old.style)


def _replace_between_comments(text: Text, values: list[str], old: list[Node]) -> Iterator[Edit]:
    """One by one, so that what stands between the items stays."""
    for each, value in zip(old, values, strict=False):
        if each.value != value:
            yield each.start, each.end, _item_text(text, each, value)
    places, gone = [(each.start, each.end) for each in old], range(len(values), len(old))
    for number in gone:
        yield cut_between_commas(text, places, number, gone)
    if len(values) > len(old):
        more = "".join(f", {scalar(value)}" for value in values[len(old) :])
        yield old[-1].end, old[-1].end, more


def _clear(text: Text, item: Node, name: str, gone: Sequence[int]) -> Edit:
    """Take a pair away; where that would take a comment along, its value alone."""
    place = [key.value for key, _ in item.pairs].index(name)
    key, value = item.children[place * 2 : place * 2 + 2]
    if item.flow:
        return cut_between_commas(text, [(key.start, v.end) for key, v in item.pairs], place, gone)
    if place == 0 and text.line_of(key.start) == text.line_of(item.start):
        kept = next(number for number in range(len(item.children)) if number not in gone)
        start, end = key.start, item.children[kept * 2].start
    else:
        start, end = text.starts[text.line_of(key.start)], text.line_after(value.end)
        if end == len(text.text) and not text.text.endswith(("\n", "\r")):
            start -= len(text.line_end)
    if has_comment(text.text[start : value.start] + text.text[value.end : end]):
        return value.start, value.end, '""' if value.end > value.start else ' ""'
    return start, end, ""
