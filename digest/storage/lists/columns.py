"""The columns of a table of readers: which are fields of a row, and which are none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence

from digest.errors import Problem
from digest.storage.lists.row import FIELDS, Place, Unreadable
from digest.storage.lists.text import trim

_SYNONYMS = {
    "e_mail": "email",
    "mail": "email",
    "email_address": "email",
    "e_mail_address": "email",
    "mail_address": "email",
    "emailaddress": "email",
    "time_zone": "timezone",
    "sendat": "send_at",
    "maxpapers": "max_papers",
}


def field_name(column: str) -> str:
    """The name of the field that a column is meant to be; case, blanks and hyphens do not count."""
    name = re.sub(r"[\s_-]+", "_", trim(column).lower())
    return _SYNONYMS.get(name, name)


def check_names(
    shown: str,
    columns: Sequence[str],
    names: Sequence[str],
    places: Callable[[int], Place],
    *,
    table: str = "the header",
    mend: str,
) -> None:
    """Let pass what has an email column and no field twice; `names` are those of the fields.

    Raises:
        Unreadable: at the place of the column; `mend` says what to do without addresses.
    """
    if "email" not in names:
        line, column = places(0)
        what = f"{table} has no email column; it has: {', '.join(map(repr, columns))}"
        raise Unreadable(Problem(file=shown, line=line, column=column, what=what, mend=mend))
    for number, name in enumerate(names):
        if name in FIELDS and name in names[:number]:
            line, column = places(number)
            what = "this column is here twice"
            raise Unreadable(
                Problem(file=shown, line=line, column=column, key=name, what=what, mend="keep one")
            )


def column_warnings(
    shown: str, columns: Sequence[str], names: Sequence[str], places: Callable[[int], Place]
) -> Iterator[Problem]:
    """The columns that are no fields."""
    for number, name in enumerate(names):
        if not name or name in FIELDS:
            continue
        near = difflib.get_close_matches(name, [f for f in FIELDS if f not in names], n=1)
        line, column = places(number)
        yield Problem(
            file=shown,
            line=line,
            column=column,
            key=trim(columns[number]),
            what="unknown column, not read",
            mend=f"did you mean {near[0]}?" if near else "",
            warning=True,
        )
