"""Statements of the hot path: written with SQLAlchemy, compiled once, run by the driver itself.

SQLAlchemy's own results cost several times what SQLite takes for such small statements.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, insert, update
from sqlalchemy.sql.expression import ClauseElement

IN_PROCESS = "sqlite"
_KEY = "the_"  # before a parameter that says which row, beside one that says what it becomes


class Prepared:
    """One statement. Its named parameters are given at each run; values go in and out unchanged."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {}
        self._row: Callable[[Iterable[Any]], Any] | None = None

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Every row that a query gives."""
        cursor = self._execute(connection, values)
        return list(map(self._row_of(cursor), cursor.fetchall()))

    def row(self, connection: Connection, **values: Any) -> Any | None:
        """The first row, or None."""
        cursor = self._execute(connection, values)
        found = cursor.fetchone()
        return None if found is None else self._row_of(cursor)(found)

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Runs a change once a row."""
        if connection.dialect.name == IN_PROCESS:
            for row in rows:
                self._execute(connection, row)
            return
        sql, names, fixed = self._text(connection)
        every = [[{**fixed, **row}[name] for name in names] for row in rows]
        if every:
            connection.connection.cursor().executemany(sql, every)  # one way there and back

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        sql, names, fixed = self._text(connection)
        if fixed:
            values = {**fixed, **values}
        cursor = connection.connection.cursor()
        cursor.execute(sql, [values[name] for name in names])
        return cursor

    def _row_of(self, cursor: Any) -> Callable[[Iterable[Any]], Any]:
        if self._row is None:
            names = [column[0] for column in cursor.description]
            row: Any = namedtuple("Row", names)  # type: ignore[misc]
            self._row = row._make
        return self._row

    def _text(self, connection: Connection) -> tuple[str, Sequence[str], Mapping[str, Any]]:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
            names = [name.removeprefix(_KEY) for name in compiled.positiontup or ()]
            fixed = {name: one for name, one in compiled.params.items() if one is not None}
            self._compiled[dialect.name] = (str(compiled), names, fixed)
        return self._compiled[dialect.name]


def inserting(table: Table) -> Prepared:
    """Puts whole rows into the table; a column that counts by itself does so."""
    return Prepared(insert(table), [one.name for one in table.c if not _counts(one)])


def updating(table: Table, *keys: str) -> Prepared:
    """Writes whole rows over those with the same keys."""
    row = [table.c[key] == bindparam(f"{_KEY}{key}") for key in keys]
    columns = [one.name for one in table.c if one.name not in keys and not _counts(one)]
    return Prepared(update(table).where(*row), columns)


def _counts(column: Column[Any]) -> bool:
    return column.autoincrement is True
