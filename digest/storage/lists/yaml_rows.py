"""Rows out of YAML, every scalar as the text that was typed.

YAML 1.1 would read `NO` as false, `8:30` as 510 and `2026-11-23` as a date; here no scalar is
ever more than text. Duplicate keys, aliases and tags are problems. It walks libyaml's events, so
a long list is never held as a tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import yaml

from digest.errors import Problem
from digest.storage.lists.fields import suggest
from digest.storage.lists.row import FIELDS, Place, Row, Unreadable, Value
from digest.storage.lists.source import Source

LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INDEX = {name: number for number, name in enumerate(FIELDS)}
_NOTHING = frozenset({"", "~", "null"})
_CORE_TAGS = frozenset({"!"} | {f"tag:yaml.org,2002:{t}" for t in ("str", "seq", "map")})
_WANTED = "a list of readers, each `- email: ...`"


def read_yaml(source: Source) -> Iterator[Row]:
    """The rows of a list: a sequence, or a mapping with `subscribers:` that holds one.

    A row is a mapping of fields, or an address alone.

    Raises:
        Unreadable: this is not YAML, not a list, or more than one document.
    """
    events = parse_events(source)
    first = _root(source, events)
    yield from _rows(source, events, first)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            raise _refused(source, event, "a second document starts here", "keep one list a file")
        if isinstance(event, yaml.ScalarEvent):
            what = f"unknown key {event.value!r} beside subscribers"
            raise _refused(source, event, what, "a list file holds only its readers")


def parse_events(source: Source) -> Iterator[Any]:
    """The YAML events of a file.

    Raises:
        Unreadable: what libyaml refuses, at its place.
    """
    try:
        yield from yaml.parse(source.raw, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_syntax_problem(source, error)) from None
    except yaml.YAMLError as error:  # the reader's own: a control character
        head = source.raw[: getattr(error, "position", 0) or 0]
        what = "holds a control character that YAML forbids"
        line = head.count(b"\n") + 1
        raise Unreadable(
            Problem(file=source.shown, line=line, what=what, mend="remove it")
        ) from None


def _syntax_problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    """Where libyaml stopped; for what is never closed, where it was opened."""
    what = (error.problem or error.context or "not YAML").replace("\n", " ")
    mark = error.problem_mark or error.context_mark
    text = source.raw[source.bom :].decode(source.codec).rstrip()
    if mark and error.context_mark and mark.line > len(text.splitlines()) - 1:
        mark = error.context_mark
        what = f"{error.context or 'here'}: {what} at the end of the file"
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    tab = "'\\t'" in what or "tab" in what
    mend = "indent with spaces, not tabs" if tab else "check quotes, colons and indentation"
    return Problem(file=source.shown, line=line, column=column, what=what, mend=mend)


def _root(source: Source, events: Iterator[Any]) -> Any:
    """Step to the sequence of readers; what comes back is its start event."""
    for event in events:
        if isinstance(event, yaml.SequenceStartEvent):
            return event
        if isinstance(event, yaml.MappingStartEvent):
            return _subscribers_key(source, events, event)
        if isinstance(event, yaml.AliasEvent | yaml.ScalarEvent):
            break
    else:
        what = "is empty: it has only comments"
        mend = "a half-written list looks like this; write [] if nobody is meant"
        raise Unreadable(Problem(file=source.shown, line=1, what=what, mend=mend))
    raise _refused(source, event, "is not a list", f"write {_WANTED}")


def _subscribers_key(source: Source, events: Iterator[Any], mapping: Any) -> Any:
    key = next(events)
    if not isinstance(key, yaml.ScalarEvent) or key.value != "subscribers":
        raise _refused(source, mapping, "is not a list", f"write {_WANTED}")
    value = next(events)
    if not isinstance(value, yaml.SequenceStartEvent):
        raise _refused(source, value, "subscribers is not a list", f"write {_WANTED}")
    return value


def _rows(source: Source, events: Iterator[Any], first: Any) -> Iterator[Row]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        if isinstance(event, yaml.MappingStartEvent):
            yield _mapping(source, events, event)
        elif isinstance(event, yaml.ScalarEvent):
            yield _address_alone(source, event)
        else:
            _skip(events, event)
            what = "the alias is not taken here" if _is_alias(event) else "is a list in the list"
            problem = _problem(source, event, "", what, "write the reader out as `- email: ...`")
            yield _row(event, {}, {}, [problem])


def _address_alone(source: Source, event: Any) -> Row:
    problems = _tag_problem(source, event, "email")
    if _text(event) == "":
        problems.append(_problem(source, event, "", "this item is empty", "remove it"))
    return _row(event, {0: _text(event)}, {0: _place(event)}, problems)


def _mapping(source: Source, events: Iterator[Any], start: Any) -> Row:
    values: dict[int, Value] = {}
    places: dict[int, Place] = {}
    problems = _tag_problem(source, start, "")
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            break
        if not isinstance(key, yaml.ScalarEvent):
            _skip(events, key)
            _skip(events, next(events))
            problems.append(_problem(source, key, "", "a key must be one word", ""))
            continue
        value = next(events)
        number = _INDEX.get(key.value)
        if number is None or number in places:
            _skip(events, value)
            problems.append(_key_problem(source, key, number))
            continue
        places[number] = _place(value) if _text_of(value) else _place(key)
        values[number] = _value(source, events, value, key.value, problems)
    return _row(start, values, places, problems)


def _value(
    source: Source, events: Iterator[Any], event: Any, key: str, problems: list[Problem]
) -> Value:
    if isinstance(event, yaml.ScalarEvent):
        problems.extend(_tag_problem(source, event, key))
        return _text(event)
    if isinstance(event, yaml.SequenceStartEvent):
        problems.extend(_tag_problem(source, event, key))
        return tuple(_items(source, events, key, problems))
    _skip(events, event)
    what = "the alias is not taken here" if _is_alias(event) else "takes a value, not a mapping"
    mend = "write the value out, or put it in quotes if the * is meant" if _is_alias(event) else ""
    problems.append(_problem(source, event, key, what, mend))
    return ""


def _items(
    source: Source, events: Iterator[Any], key: str, problems: list[Problem]
) -> Iterator[str]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        if isinstance(event, yaml.ScalarEvent):
            problems.extend(_tag_problem(source, event, key))
            yield _text(event)
            continue
        _skip(events, event)
        alias = _is_alias(event)
        what = "the alias is not taken here" if alias else "takes a flat list of words"
        mend = "write the value out, or put it in quotes if the * is meant" if alias else ""
        problems.append(_problem(source, event, key, what, mend))


def _row(
    event: Any, values: dict[int, Value], places: dict[int, Place], problems: list[Problem]
) -> Row:
    start = _place(event)
    ordered = tuple(values.get(number, "") for number in range(len(FIELDS)))
    return Row(start[0], ordered, partial(_find_place, places, start), tuple(problems))


def _find_place(places: dict[int, Place], start: Place, field: int) -> Place:
    return places.get(field, start)


def _skip(events: Iterator[Any], event: Any) -> None:
    """Read past the whole of a collection whose start event was just taken."""
    depth = int(isinstance(event, yaml.CollectionStartEvent))
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _text(event: Any) -> str:
    """What was typed; `null`, `~` or nothing, unquoted, are no value."""
    value: str = event.value
    return "" if value in _NOTHING and event.implicit[0] else value


def _text_of(event: Any) -> bool:
    return not isinstance(event, yaml.ScalarEvent) or bool(event.value)


def _is_alias(event: Any) -> bool:
    return isinstance(event, yaml.AliasEvent)


def _tag_problem(source: Source, event: Any, key: str) -> list[Problem]:
    if event.tag is None or event.tag in _CORE_TAGS:
        return []
    return [_problem(source, event, key, f"the tag {event.tag} is not taken here", "remove it")]


def _key_problem(source: Source, key: Any, number: int | None) -> Problem:
    if number is not None:
        return _problem(source, key, key.value, "this key is here twice", "keep one of them")
    return _problem(source, key, key.value, "unknown key", suggest(key.value, list(FIELDS)))


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _problem(source: Source, event: Any, key: str, what: str, mend: str) -> Problem:
    line, column = _place(event)
    return Problem(file=source.shown, line=line, column=column, key=key, what=what, mend=mend)


def _refused(source: Source, event: Any, what: str, mend: str) -> Unreadable:
    return Unreadable(_problem(source, event, "", what, mend))
