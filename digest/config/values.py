"""The kinds of values that config.yaml holds, each with a clear word for what is not one."""

from __future__ import annotations

import re
from datetime import time
from email.utils import parseaddr
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from digest.model import EmailAddress

#: `+` and a token take 49 of the 64 octets of a local part (RFC 5321 §4.5.3.1.1).
LONGEST_RETURN_NAME = 15
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Shape(BaseModel):
    """Frozen, and deaf to keys that it does not know."""

    # Built once, whole, when a config is read: building each part on import costs as much again.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def form(pattern: str, words: str) -> AfterValidator:
    """A text that is `pattern` from end to end; `words` say what one that is not would have to be.

    Pydantic's own check would show the pattern, which is no help to who writes newsletters.
    """

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(words)
        return value

    return AfterValidator(check)


def _seconds(value: Any) -> Any:
    """`20h`, `30m`, `45s`, `2d` or a number of seconds -> seconds."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value.strip())
        if not match:
            raise ValueError("is not a length of time; write 45s, 30m, 20h or 2d")
        return float(match[1]) * _UNITS[match[2]]
    return value


def _time_of_day(value: Any) -> Any:
    if value is None or isinstance(value, time):
        return value
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError("is not a time of day; write it as 07:30")
    hour, minute = str(value).split(":")
    return time(int(hour), int(minute))


def check_time_zone(value: str) -> str:
    """
    Raises:
        ValueError: the time zone database has no such name.
    """
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not an IANA time zone; write it as Europe/Paris") from None
    return value


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", value):
        raise ValueError("is not a web address; it starts with https:// or http://")
    return value


def check_one_line(value: str) -> str:
    """
    Raises:
        ValueError: it would break a header or a line.
    """
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in value):
        raise ValueError("holds a line break or a control character")
    return value


def _hyphened(value: Any) -> Any:
    return value.replace("_", "-") if isinstance(value, str) else value


def _address(value: str) -> str:
    EmailAddress.parse(parseaddr(value)[1] if "<" in value else value)
    return value


def _return_address(value: str) -> str:
    local = EmailAddress.parse(value).local
    if not local.isascii():
        raise ValueError("needs an ASCII name before the @: every relay has to take it")
    if len(local) > LONGEST_RETURN_NAME:
        raise ValueError(
            f"has more than {LONGEST_RETURN_NAME} characters before the @,"
            " which leaves no room for a letter's own +TOKEN"
        )
    return value


#: What is wrong with one is said in wording.py, which never repeats it.
VariableName = Annotated[str, form(r"[A-Za-z_][A-Za-z0-9_]*", "is not a variable's name")]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
OneLine = Annotated[str, AfterValidator(check_one_line)]
Address = Annotated[str, AfterValidator(check_one_line), AfterValidator(_address)]
ReturnAddress = Annotated[str, AfterValidator(check_one_line), AfterValidator(_return_address)]
Positive = Annotated[int, Field(gt=0)]
# BCP 47, as HTML and Content-Language want it; gettext writes pt_BR.
LanguageTag = Annotated[
    str,
    BeforeValidator(_hyphened),
    form(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "is not a language; write it as en or pt-BR"),
]
ThemeName = Annotated[str, AfterValidator(check_one_line), Field(min_length=1)]
