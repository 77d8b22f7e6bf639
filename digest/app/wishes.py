"""Reads what a reader typed into a form as fields of a list's row.

The values are checked as those of lists are, and more strictly: what comes from a stranger is
written into a file that people open in a spreadsheet. A form never sets interests, which may be
paths, nor tags.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from digest.model import EmailAddress, Frequency, Subscriber
from digest.model.subscriber import FURTHER_NOTICE, Format
from digest.storage.lists.defaults import Defaults
from digest.storage.lists.fields import NOTHING, UNTIL_NOTICE
from digest.storage.lists.reading import parse_row
from digest.storage.lists.row import FIELDS, Row

#: The fields of a row that a form may set.
CHOICES = ("themes", "keywords", "frequency", "send_at", "timezone", "format")
PAUSE = "paused_until"
MOST_KEYWORDS = 30
LONGEST_KEYWORDS = 500
#: What a spreadsheet takes for a formula (OWASP, CSV injection), and full-width twins; also behind
#: what may part cells where the file is opened.
_FORMULA = re.compile(r"(?:^|[;,|\t\r\n])\s*[=+\-@\t\r＝＋－＠]")
#: What nothing means in a row.
_USUAL = {"frequency": Frequency.DAILY.value, "format": Format.HTML.value}
_SECONDS = re.compile(r"(\d\d:\d\d):\d\d(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`fields` are for the row, `values` for showing the form again, `wrong` names bad fields."""

    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()


Form = Mapping[str, Sequence[str]]


def read_sign_up(form: Form, themes: Collection[str]) -> tuple[EmailAddress | None, Wishes]:
    """Who signs up, and for what; without her address if that is wrong, as `wrong` says."""
    fields = _fields(form) | {"name": _one(form, "name")}
    wrong = _wrong(fields, form, themes, (Frequency.PAUSED,))
    if _FORMULA.search(fields["name"]) or len(fields["name"]) > LONGEST_KEYWORDS:
        wrong.add("name")
    address = None
    try:
        address = EmailAddress.parse(_one(form, "email"))
        if _FORMULA.search(str(address)):
            wrong.add("email")
    except ValueError:
        wrong.add("email")
    values = {**_shown(fields, form, themes), "email": _one(form, "email"), "name": fields["name"]}
    return address, Wishes(fields=_told(fields), values=values, wrong=frozenset(wrong))


def read_choices(form: Form, themes: Collection[str], reader: Subscriber) -> Wishes:
    """What a reader who is on a list chose anew; "" clears a field. Her own themes stay hers."""
    fields = _fields(form) | {PAUSE: _one(form, PAUSE)}
    if not fields[PAUSE] and reader.paused_until == FURTHER_NOTICE:
        fields[PAUSE] = UNTIL_NOTICE  # a date field cannot show it
    themes = (*themes, *reader.themes)
    wrong = _wrong(fields, form, themes, ())
    values = {**_shown(fields, form, themes), PAUSE: _one(form, PAUSE)}
    return Wishes(fields=fields, values=values, wrong=frozenset(wrong))


def changed_choices(wishes: Wishes, reader: Subscriber, defaults: Defaults) -> dict[str, str]:
    """The fields that she really changed: what a form shows and sends back stays in the list as
    it was written, and what her list gave her stays her list's. What she cleared there is `none`.
    """
    return {
        name: said(value, name, defaults)
        for name, value in wishes.fields.items()
        if not _is_as_shown(name, wishes, reader)
    }


def said(value: str, name: str, defaults: Defaults) -> str:
    """How a row says a value beside the defaults of its list."""
    return value or (_USUAL.get(name, NOTHING) if defaults.says(name) else "")


def _is_as_shown(name: str, wishes: Wishes, reader: Subscriber) -> bool:
    shown, sent = shown_choices(reader)[name], wishes.values[name]
    if name == "themes":
        return set(reader.themes) == set(wishes.fields[name].split(";")) - {""}
    if name == "keywords":
        return _keywords(str(shown)) == _keywords(str(sent))
    if name == "send_at":
        return shown == wishes.fields[name]
    return shown == sent


def shown_choices(reader: Subscriber) -> dict[str, object]:
    """A reader's choices as a form shows them."""
    until = reader.paused_until
    return {
        "themes": list(reader.themes),
        "keywords": "; ".join(reader.keywords),
        "frequency": reader.frequency.value,
        "send_at": f"{reader.send_at:%H:%M}" if reader.send_at else "",
        "timezone": reader.timezone or "",
        "format": reader.format.value,
        PAUSE: until.isoformat() if until and until != FURTHER_NOTICE else "",
    }


def paused_until(wishes: Wishes) -> date | None:
    """The day of a sound form's pause."""
    text = wishes.fields.get(PAUSE, "")
    if text == UNTIL_NOTICE:
        return FURTHER_NOTICE
    return date.fromisoformat(text) if text else None


def _fields(form: Form) -> dict[str, str]:
    """A browser sends times with seconds, where somebody set them."""
    fields = {name: _one(form, name) for name in CHOICES}
    fields["themes"] = ";".join(dict.fromkeys(filter(None, map(str.strip, form.get("themes", ())))))
    fields["keywords"] = ";".join(_keywords(fields["keywords"]))
    fields["send_at"] = _SECONDS.sub(r"\1", fields["send_at"])
    return fields


def _shown(fields: Mapping[str, str], form: Form, themes: Collection[str]) -> dict[str, object]:
    """A theme that there is not is not shown as one to choose."""
    shown: dict[str, object] = {name: fields[name] for name in CHOICES}
    shown["themes"] = [each for each in fields["themes"].split(";") if each in themes]
    shown["keywords"] = "; ".join(_keywords(_one(form, "keywords")))
    return shown


def _wrong(
    fields: Mapping[str, str],
    form: Form,
    themes: Collection[str],
    refused: Collection[Frequency],
) -> set[str]:
    """The fields that a list would complain about, or that are none of the form's choices."""
    row = Row(
        0, ("nobody@example.org", *(fields.get(name, "") for name in FIELDS[1:])), lambda _: (0, 0)
    )
    wrong = {problem.key for problem in parse_row(row, "").problems}
    words = _keywords(_one(form, "keywords"))
    if len(words) > MOST_KEYWORDS or len(fields["keywords"]) > LONGEST_KEYWORDS:
        wrong.add("keywords")
    if any(_FORMULA.search(word) for word in words):
        wrong.add("keywords")
    if not set(filter(None, fields["themes"].split(";"))) <= set(themes):
        wrong.add("themes")
    if fields["frequency"].lower() in refused:
        wrong.add("frequency")
    return wrong


def _keywords(text: str) -> list[str]:
    return [word.strip() for word in re.split(r"[;,\n]", text) if word.strip()]


def _told(fields: Mapping[str, str]) -> dict[str, str]:
    """Without what says no more than nothing does."""
    return {n: value for n, value in fields.items() if value and value != _USUAL.get(n)}


def _one(form: Form, name: str) -> str:
    found = form.get(name, ())
    return found[0].strip() if found else ""
