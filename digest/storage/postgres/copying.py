"""Write many rows by COPY, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql


def copy_rows(
    connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add `rows` to `table` in the caller's transaction; memory does not grow with them.

    Raises:
        IntegrityError: a row is there already.
        DBAPIError: the server refuses them.
    """
    driver: Any = connection.connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.errors.IntegrityError as error:
        raise sa.exc.IntegrityError("COPY", None, error) from error
    except psycopg.Error as error:
        raise sa.exc.DBAPIError("COPY", None, error) from error
