"""Takes the header of a letter or part to pieces, as written (RFC 5322 §2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_NAME = re.compile(rb"[!-9;-~]+")


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: `lines` as they stand, without line ends; `value` unfolded.

    Octets past ASCII are read as UTF-8, or as surrogates where they are not.
    """

    name: str
    value: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """All fields, in order; `strays` are lines that belong to none."""

    fields: tuple[Field, ...]
    strays: tuple[bytes, ...]

    def all(self, name: str) -> list[Field]:
        return [field for field in self.fields if field.name.lower() == name.lower()]

    def value(self, name: str) -> str:
        """The first field's value, "" when there is none."""
        found = self.all(name)
        return found[0].value if found else ""


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body, cut at the first empty line; either line end will do."""
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw.lstrip(b"\r\n")
    found = re.search(rb"\r?\n\r?\n", raw)
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")


def read_head(raw: bytes) -> Head:
    """The fields of a header as `split_head` gives it."""
    groups: list[list[bytes]] = []
    strays: list[bytes] = []
    for line in re.split(rb"\r\n|\n", raw) if raw else ():
        if line[:1] in (b" ", b"\t") and groups:
            groups[-1].append(line)
        elif line[line.find(b":") :] and _NAME.fullmatch(line.partition(b":")[0].rstrip()):
            groups.append([line])
        else:
            strays.append(line)
    return Head(tuple(map(_field, groups)), tuple(strays))


def _field(lines: list[bytes]) -> Field:
    text = b"\r\n".join(lines).decode("utf-8", "surrogateescape")
    name, _, value = text.partition(":")
    return Field(name.rstrip(), _FOLD.sub("", value).strip(), tuple(lines))
