"""One history of the schema on PostgreSQL: forward, back, and only once."""

import asyncio
import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, make_url

from adapters.sql import tables
from adapters.sql.postgres_migrate import (
    migrate_postgres,
    on_postgres,
    present_on_postgres,
    ready_on_postgres,
)
from adapters.sql.schemas import known_schemas
from apps.containers.maintenance import migrate_postgres as migrate_postgres_of
from apps.settings import Settings
from domain.errors import NotAllowedNow, Unavailable
from tests.postgres import OWNER, PASSWORD, SERVICE, TestDatabase

NEWEST = known_schemas()[-1]


def shape(kept: TestDatabase) -> list[tuple[str, str, str]]:
    rows = kept.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


async def migrated(kept: TestDatabase, to: str = "head") -> tuple[str, str]:
    return await migrate_postgres(kept.owner_url, service=SERVICE, to=to)


@pytest.mark.filterwarnings("ignore:Did not recognize type .xid8.")
async def test_the_migrations_make_the_tables_that_the_code_means(kept: TestDatabase) -> None:
    def differences(connection: Connection) -> list[object]:
        for module in pkgutil.iter_modules(tables.__path__):
            importlib.import_module(f"{tables.__name__}.{module.name}")
        found = compare_metadata(MigrationContext.configure(connection), tables.metadata)
        return [one for one in found if "xid" not in repr(one)]  # PostgreSQL alone has those

    assert await on_postgres(kept.owner_url, differences) == []


async def test_every_step_goes_forward_and_back(empty: TestDatabase) -> None:
    shapes = {}
    for schema in known_schemas():
        assert (await migrated(empty, schema))[1] == schema
        shapes[schema] = shape(empty)
    for schema in reversed(known_schemas()):
        await migrated(empty, schema)
        assert shape(empty) == shapes[schema], schema
    assert await migrated(empty) == (known_schemas()[0], NEWEST)
    assert shape(empty) == shapes[NEWEST]


async def test_of_many_starters_one_migrates(empty: TestDatabase) -> None:
    done = await asyncio.gather(*(migrated(empty) for _ in range(4)))
    assert sorted(before for before, _ in done) == ["", NEWEST, NEWEST, NEWEST]


async def test_a_schema_of_newer_code_is_refused_and_left_alone(empty: TestDatabase) -> None:
    await migrated(empty)
    empty.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    before = shape(empty)
    for look in (migrated(empty), present_on_postgres(empty.url), ready_on_postgres(empty.url)):
        with pytest.raises(NotAllowedNow) as refused:
            await look
        assert refused.value.reason == "SCHEMA_TOO_NEW"
        assert PASSWORD not in refused.value.message
    assert shape(empty) == before


async def test_a_migration_that_fails_changes_nothing(empty: TestDatabase) -> None:
    await migrated(empty, "0001_events_and_requests")
    empty.execute("CREATE TABLE positions (in_the_way integer)")
    before = shape(empty)
    with pytest.raises(NotAllowedNow) as refused:
        await migrated(empty)
    assert refused.value.reason == "MIGRATION_FAILED"
    assert shape(empty) == before


async def test_a_store_that_is_not_there_is_unavailable(empty: TestDatabase) -> None:
    port = make_url(empty.owner_url).port
    with pytest.raises(Unavailable) as refused:
        await migrate_postgres(empty.owner_url.replace(f":{port}/", ":1/"), service=SERVICE)
    assert refused.value.reason == "STORE_UNAVAILABLE"


async def test_the_role_of_the_service_is_made_where_the_owner_may(empty: TestDatabase) -> None:
    name = f"service_of_{empty.name}"
    with pytest.raises(NotAllowedNow) as refused:
        await migrate_postgres(empty.owner_url, service=name, password="it's \\ long")
    assert refused.value.reason == "SERVICE_ROLE_MISSING"
    assert "long" not in refused.value.message
    empty.execute(f"ALTER ROLE {OWNER} CREATEROLE")
    try:
        await migrate_postgres(empty.owner_url, service=name, password="it's \\ long")
        url = make_url(empty.url).set(username=name, password="it's \\ long")
        await ready_on_postgres(url.render_as_string(hide_password=False))
    finally:
        empty.execute(f"ALTER ROLE {OWNER} NOCREATEROLE")
        empty.execute(f"DROP OWNED BY {name}")
        empty.execute(f"DROP ROLE {name}")


async def test_a_service_that_could_pass_the_walls_is_refused(empty: TestDatabase) -> None:
    with pytest.raises(NotAllowedNow) as refused:
        await ready_on_postgres(empty.url)
    assert refused.value.reason == "SCHEMA_TOO_OLD"
    await migrated(empty)
    await ready_on_postgres(empty.url)
    superuser = empty._admin_url.render_as_string(hide_password=False)
    for url in (empty.owner_url, superuser):
        with pytest.raises(NotAllowedNow) as refused:
            await ready_on_postgres(url)
        assert refused.value.reason == "STORE_ROLE_TOO_STRONG"


def test_the_command_migrates_as_the_owner_and_says_over_which_steps(empty: TestDatabase) -> None:
    settings = Settings(store_url=SecretStr(empty.url), store_owner_url=SecretStr(empty.owner_url))
    planned = migrate_postgres_of(settings, dry_run=True)
    assert (planned.schema, planned.revisions) == ("", tuple(known_schemas()))
    assert shape(empty) == []
    assert migrate_postgres_of(settings, dry_run=False) == planned
    again = migrate_postgres_of(settings, dry_run=False)
    assert (again.schema, again.wanted_schema, again.revisions) == (NEWEST, NEWEST, ())
    assert PASSWORD not in again.data_dir


def test_without_an_owner_nothing_is_migrated(empty: TestDatabase) -> None:
    with pytest.raises(NotAllowedNow) as refused:
        migrate_postgres_of(Settings(store_url=SecretStr(empty.url)), dry_run=False)
    assert refused.value.reason == "STORE_OWNER_UNKNOWN"
