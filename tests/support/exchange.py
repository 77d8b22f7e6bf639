"""Imports that a test plans without a newsletter around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from digest.model import EmailAddress, Subscriber
from digest.storage.lists.exchange.foreign import Foreign, Format
from digest.storage.lists.exchange.plan import ImportPlan, plan_import
from digest.storage.lists.exchange.reading import read_foreign

EXPORTS = Path(__file__).parents[1] / "data" / "exports"


def read(
    *paths: Path, format_: Format = Format.AUTO, columns: Mapping[str, str] | None = None
) -> tuple[Foreign, ...]:
    return read_foreign([(p, p.name) for p in paths], format_=format_, columns=columns or {})


def planned(
    *paths: Path,
    lists: Iterable[Subscriber] = (),
    barred: Iterable[str] = (),
    columns: Mapping[str, str] | None = None,
    format_: Format = Format.AUTO,
    tags: tuple[str, ...] = (),
    update: bool = False,
) -> ImportPlan:
    """What an import of the files would do."""
    keys = {EmailAddress.parse(text).key for text in barred}
    return plan_import(
        read(*paths, format_=format_, columns=columns),
        lists=lists,
        barred=lambda address: address.key in keys,
        tags=tags,
        update=update,
    )


def counted(plan: ImportPlan) -> dict[str, int]:
    """The fates that some row has."""
    return {str(fate): number for fate, number in plan.counts.items() if number}


def told(plan: ImportPlan) -> str:
    """All problems as they are shown."""
    return "\n".join(map(str, plan.problems))
