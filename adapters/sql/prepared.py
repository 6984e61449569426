"""Statements of the hot path: written with SQLAlchemy, compiled once, run as plain SQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, insert, update
from sqlalchemy.sql.expression import ClauseElement

_KEY = "the_"  # before a parameter that says which row, beside one that says what it becomes


class Prepared:
    """One statement. Its named parameters are given at each run; values go in and out unchanged."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, Sequence[str]]] = {}

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Every row that a query gives."""
        return self._run(connection, [values]).all()  # type: ignore[no-any-return]

    def row(self, connection: Connection, **values: Any) -> Any | None:
        """The first row, or None."""
        return self._run(connection, [values]).first()

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Runs a change once a row."""
        if many := list(rows):
            self._run(connection, many)

    def _run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Any:
        sql, names = self._text(connection)
        values = [tuple(row[name] for name in names) for row in rows]
        return connection.exec_driver_sql(sql, values if len(values) > 1 else values[0])

    def _text(self, connection: Connection) -> tuple[str, Sequence[str]]:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
            names = [name.removeprefix(_KEY) for name in compiled.positiontup or ()]
            self._compiled[dialect.name] = (str(compiled), names)
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
