"""What is wrong with a value, in plain words instead of pydantic's: never what a secret is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

_LIMITS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_WHOLE = "must be a whole number"
_NUMBER = "must be a number"
_SWITCH = "must be true or false"
_SECTION = "must have keys of its own below it"
_KINDS = {
    "missing": "is missing",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
    "tuple_type": "must be a list",
    "union_tag_not_found": "needs a kind: huggingface, arxiv, feed or file",
}
#: `user:password@` in an address.
_LOGIN = re.compile(r"://[^/?#]*@|[?&]password=")


def words_for(error: Any, key: str) -> tuple[str, str]:
    """What is wrong with the value of `key`, and what to do about it ("": `what` says it)."""
    kind, value = error["type"], error["input"]
    if key.endswith("_env"):
        return _name_of_variable(key)
    if value is None and kind != "missing":
        return _nothing_below(kind)
    if kind in ("literal_error", "union_tag_invalid"):
        return _none_of(error)
    return _what(error), _mend(kind, value)


def secret_words(
    key: str, known: Mapping[str, str | None], here: Mapping[str, Any]
) -> tuple[str, str] | None:
    """What to say of the unknown `key` if it stands for a secret; None: it does not.

    `known` holds the keys beside it, with the default of those that name a variable; `here` is
    what the file says there.
    """
    stems = {_stem(name, known): name for name in known if name.endswith("_env")}
    near = difflib.get_close_matches(key, [*known, *stems.keys() - known.keys()], n=1)
    if not near or near[0] not in stems or near[0] in known:
        return None
    name = stems[near[0]]
    written = here.get(name)
    variable = written if isinstance(written, str) and is_told(written) else known[name]
    what = f"a {near[0]} does not stand in this file"
    things = "the whole address" if name == "url_env" else "it"
    return what, f"put {things} into the environment variable {variable or f'that {name} names'}"


def _stem(name: str, known: Mapping[str, Any]) -> str:
    """`key_env` stands for a key; `url_env` for an address, which holds a password."""
    stem = name.removesuffix("_env")
    return "password" if stem in known else stem


def is_told(name: str) -> bool:
    """Whether `name` is surely a variable's: in small letters it may be the secret itself."""
    return re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) is not None


def variable(name: str, key: str) -> str:
    """The environment variable `name`, as a message may call it; `key` is where it stands."""
    return f"the environment variable {name if is_told(name) else f'that {key} names'}"


def _name_of_variable(key: str) -> tuple[str, str]:
    secret = {"url_env": "address"}.get(key, key.removesuffix("_env"))
    what = f"must be the name of an environment variable that holds the {secret}"
    return what, f"not the {secret} itself; letters, digits and _ only"


def _none_of(error: Any) -> tuple[str, str]:
    context, value = error["ctx"], error["input"]
    expected = context.get("expected") or context["expected_tags"]
    names = expected.replace(" or ", ", ").replace("'", "").split(", ")
    value = value["kind"] if isinstance(value, dict) and "kind" in value else value
    near = difflib.get_close_matches(str(value), names, n=1)
    mend = "; ".join(filter(None, (_now(value), f"did you mean {near[0]}?" if near else "")))
    return f"must be one of {', '.join(names)}", mend


def _nothing_below(kind: str) -> tuple[str, str]:
    if _KINDS.get(kind) == _SECTION:
        return "has no keys below it", "remove it or write some"
    return "has no value", "remove it or write one"


def _what(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        return f"must be {words} {context[limit]:g}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type":
        return "must be one text" if isinstance(error["input"], dict | list) else "must be a text"
    if kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        return "must not be empty"
    if kind in ("too_long", "string_too_long"):
        return f"must have at most {context['max_length']} characters"
    message = str(error["msg"])
    return message[0].lower() + message[1:]


def _mend(kind: str, value: Any) -> str:
    if kind == "tuple_type":
        return f"write a list: {_as_list(value)}"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"{_now(value)}; put it into quotes"
    return _now(value)


def _as_list(value: Any) -> str:
    if isinstance(value, str | int | float) and not _LOGIN.search(str(value)):
        return f"[{value}]"
    return "each entry on a line of its own, behind a dash"


def _now(value: Any) -> str:
    """What stands there, if that is short enough to help and gives no secret away."""
    if not isinstance(value, str | int | float) or _LOGIN.search(str(value)) or value == "":
        return ""
    return f"it is {value!r} now"
