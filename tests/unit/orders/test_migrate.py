"""The store's schema at start."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.sql.migrate import migrate
from adapters.sql.schemas import SCRIPTS, known_schemas
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.sql.tables import (
    backtests,
    events,
    kill_switches,
    market_data,
    orders,
    risk,
    strategies,
    ticks,
)
from domain.errors import NotAllowedNow

TABLES = events.metadata
ALL = (backtests, events, kill_switches, market_data, orders, risk, strategies, ticks)


def _revision(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(revision)


def _tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return names


def _columns(path: Path) -> list[tuple[str, str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' ORDER BY 1, 2"
    ).fetchall()
    connection.close()
    return rows


def test_a_new_file_gets_the_whole_schema_and_a_second_start_changes_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "odd % name.db"
    migrate(path)
    before = path.read_bytes()
    migrate(path)
    assert path.read_bytes() == before
    assert {"orders", "events", "requests"} <= _tables(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_the_migrations_make_the_tables_that_the_code_means(tmp_path: Path) -> None:
    migrate(tmp_path / "a.db")
    database = SqliteDatabase(tmp_path / "a.db")
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), TABLES)
    database.close()
    assert differences == []


def test_an_older_schema_is_copied_before_it_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate(path, to="0001_events_and_requests")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO events (tenant, topic, key, kind, payload, create_ts)"
            " VALUES ('local', 'runs', 'run_1', 'run', x'00', 1)"
        )
    connection.close()
    migrate(path)
    [copy] = [one for one in tmp_path.iterdir() if ".before-" in one.name]
    assert _revision(copy) == "0001_events_and_requests"
    assert "orders" in _tables(path)
    kept = sqlite3.connect(path)
    assert kept.execute("SELECT count(*) FROM events").fetchone() == (1,)
    kept.close()


def test_steps_are_named_as_they_follow_each_other() -> None:
    history = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    assert known_schemas() == [step.revision for step in reversed(list(history))]


def test_every_step_goes_forward_and_back(tmp_path: Path) -> None:
    path, shapes = tmp_path / "a.db", {}
    for schema in known_schemas():
        migrate(path, to=schema)
        shapes[schema] = _columns(path)
    for schema in reversed(known_schemas()):
        migrate(path, to=schema)
        assert (_revision(path), _columns(path)) == (schema, shapes[schema])
    migrate(path)
    assert _columns(path) == shapes[known_schemas()[-1]]


def test_a_schema_of_newer_code_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotAllowedNow) as refusal:
        migrate(path)
    assert refusal.value.reason == "SCHEMA_TOO_NEW"
    assert refusal.value.facts["schema"] == "9999_of_tomorrow"
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["no database at all", "a page of it overwritten"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.db"
    if damage == "no database at all":
        path.write_bytes(b"not a database" * 1000)
    else:
        migrate(path)
        content = bytearray(path.read_bytes())
        content[4096:12288] = b"\xff" * 8192
        path.write_bytes(content)
    with pytest.raises(NotAllowedNow) as refusal:
        migrate(path)
    assert refusal.value.reason == "STORE_DAMAGED"


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    migrate(path, to="0001_events_and_requests")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE positions (in_the_way INTEGER)")
    connection.close()
    with pytest.raises(NotAllowedNow) as refusal:
        migrate(path)
    assert refusal.value.reason == "MIGRATION_FAILED"
    assert _revision(path) == "0001_events_and_requests"
    assert "accounts" not in _tables(path)
