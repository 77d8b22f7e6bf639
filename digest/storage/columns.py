"""How values of ours are kept in a column, alike in every database."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, LargeBinary, TypeDecorator

from digest.storage.dialect import words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """An aware datetime as it is kept."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """What was kept, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as an integer; it comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Day(TypeDecorator[date]):
    """A calendar day, kept as YYYY-MM-DD, which sorts as days do."""

    impl = words(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


class Packed(TypeDecorator[str]):
    """A long text, kept compressed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else zlib.compress(value.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else zlib.decompress(value).decode()
