"""Brings the database file to the schema of this code, once at start, before anything reads it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from adapters.sql.schemas import present_schema, refuse_newer, step, wanted_schema
from domain.errors import NotAllowedNow


def migrate(path: Path, *, to: str = "head") -> None:
    """Makes the file, or changes it in one transaction: it has the new schema or the old one.

    Another schema is copied first, to `<name>.before-<revision>` beside the file. Raises
    `NotAllowedNow` SCHEMA_TOO_NEW when newer code wrote the file, STORE_DAMAGED when it does not
    pass SQLite's check, MIGRATION_FAILED; the file is as before then.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    event.listen(engine, "connect", _say_begin_ourselves)
    try:
        with engine.connect() as connection:
            _check(connection, path)
            present, wanted = present_schema(connection), wanted_schema(to)
            refuse_newer(present, path.name)
            if present != wanted:
                _change(connection, path, present, wanted)
    except DatabaseError as error:
        raise _damaged(path, str(error.orig)) from error
    finally:
        engine.dispose()


def schema_of(path: Path) -> str:
    """The schema of a database file; empty where it has none. Raises `NotAllowedNow`."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:  # not one of ours
        return ""
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    return str(row[0]) if row else ""


def _change(connection: Connection, path: Path, present: str | None, wanted: str) -> None:
    if present is not None:
        back_up(path, path.with_name(f"{path.name}.before-{wanted}"))
    connection.rollback()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        step(connection, present, wanted)
        connection.commit()
    except DatabaseError as error:
        raise NotAllowedNow(
            f"{path.name} cannot be brought to schema {wanted}: {error.orig}",
            reason="MIGRATION_FAILED",
            file=path.name,
            schema=wanted,
        ) from error


def back_up(path: Path, copy: Path) -> None:
    """A consistent copy of a database file, also while it is in use; whole or not there."""
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    source, target = sqlite3.connect(path), sqlite3.connect(unfinished)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(copy)


def _check(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise _damaged(path, str(found))


def _damaged(path: Path, what: str) -> NotAllowedNow:
    return NotAllowedNow(
        f"{path.name} is damaged: {what}", reason="STORE_DAMAGED", file=path.name, finding=what
    )


def _say_begin_ourselves(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
