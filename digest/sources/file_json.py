"""Records out of JSON or JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from digest.sources.file_record import RawRecord

_LISTS = ("papers", "data", "items", "collection", "results", "entries", "works", "articles")
_BLANK = re.compile(r"[\s\ufeff]*")


def read_json(text: str) -> Iterator[RawRecord]:
    """Records of an array, of an object that holds one, or of one object that is a paper.

    What stands before a syntax error is still read.
    """
    if text[_end_of_blank(text, 0) :].startswith("["):
        yield from _read_array(text)
        return
    try:
        found = json.loads(text)
    except RecursionError:
        yield RawRecord(fault="is nested too deeply")
        return
    except json.JSONDecodeError as error:
        yield RawRecord(line=error.lineno, fault=f"is not JSON: {error.msg}")
        return
    except ValueError as error:
        yield RawRecord(fault=f"is not JSON: {error}")
        return
    yield from _read_object(found)


def _read_object(found: Any) -> Iterator[RawRecord]:
    if not isinstance(found, dict):
        yield RawRecord(line=1, fault="is neither a list nor an object")
        return
    for key in _LISTS:
        if isinstance(found.get(key), list):
            for index, element in enumerate(found[key]):
                yield _record(element, key=f"{key}[{index}]")
            return
    if any(str(key).lower() in ("title", "paper") for key in found):
        yield _record(found, line=1)
        return
    yield RawRecord(line=1, fault="holds no list of papers", mend="name the list `papers`")


def _read_array(text: str) -> Iterator[RawRecord]:
    """Element by element, so that each has its line."""
    decoder = json.JSONDecoder()
    at = _end_of_blank(text, 0) + 1
    line, counted = 1, 0
    index = 0
    while True:
        at = _end_of_blank(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if text.startswith("]", at):
            if text[at + 1 :].strip():
                yield RawRecord(line=line, fault="is not JSON: something follows the list")
            return
        try:
            element, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            what = getattr(error, "msg", "it is nested too deeply")
            yield RawRecord(line=getattr(error, "lineno", line), fault=f"is not JSON: {what}")
            return
        yield _record(element, line=line, key=f"[{index}]")
        index += 1
        at = _end_of_blank(text, at)
        if text.startswith(",", at):
            at += 1
        elif not text.startswith("]", at):
            yield RawRecord(line=line, fault="is cut off: the list is never closed")
            return


def _end_of_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _record(element: Any, *, line: int = 0, key: str = "") -> RawRecord:
    if isinstance(element, dict):
        return RawRecord(line=line, key=key, fields=element)
    return RawRecord(line=line, key=key, fault=f"is {_kind(element)}, not an object")


def _kind(value: Any) -> str:
    names = {str: "a text", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def read_jsonl(text: str) -> Iterator[RawRecord]:
    """One object a line; blank lines are skipped."""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip("\ufeff \t\r")
        if not bare:
            continue
        try:
            yield _record(json.loads(bare), line=number)
        except RecursionError:
            yield RawRecord(line=number, fault="is nested too deeply")
        except ValueError as error:
            yield RawRecord(line=number, fault=f"is not JSON: {getattr(error, 'msg', error)}")
