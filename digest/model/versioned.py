"""Read a versioned JSON document back, with words for whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_T = TypeVar("_T")


def read_versioned(
    document: Mapping[str, Any],
    build: Callable[[Mapping[str, Any]], _T],
    *,
    name: str,
    schema: int,
) -> _T:
    """What `build` makes of a document of this `schema`; `name` says which kind it is.

    Raises:
        ValueError: another schema, or a value that is missing or wrong.
    """
    found = document.get("schema")
    if found != schema or isinstance(found, bool):
        raise ValueError(f"{name} document: schema {found!r} is not {schema}, which is read here")
    try:
        return build(document)
    except KeyError as error:
        raise ValueError(f"{name} document: {error.args[0]} is missing") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{name} document: a value has the wrong kind ({error})") from None
