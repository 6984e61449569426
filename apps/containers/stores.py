"""Which database keeps everything: a file in the data folder, or PostgreSQL by a setting."""

import asyncio
import os
import socket

from adapters.data_folder import DataFolder
from adapters.sql.database import Database
from adapters.sql.fence import FencedLease
from adapters.sql.migrate import migrate
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.sql.sqlite_lease import SqliteLease
from apps.settings import Settings

TRADING = "orders"  # the key of the lease


def prepare_store(settings: Settings, folder: DataFolder) -> None:
    """Brings the store to the schema of this code, where that is for the platform to do.

    On PostgreSQL it is the owner's, who may be named. Raises `NotAllowedNow` SCHEMA_TOO_NEW,
    SCHEMA_TOO_OLD, STORE_ROLE_TOO_STRONG…, and `Unavailable`.
    """
    if not settings.store_url.get_secret_value():
        migrate(folder.database)
        return
    from adapters.sql.postgres_migrate import ready_on_postgres

    if settings.store_owner_url.get_secret_value():
        migrate_postgres_store(settings)
    asyncio.run(ready_on_postgres(settings.store_url.get_secret_value()))


def migrate_postgres_store(settings: Settings) -> tuple[str, str]:
    """The schema before, empty for none, and now; makes the service's role where it is missing."""
    from sqlalchemy import make_url

    from adapters.sql.postgres_migrate import migrate_postgres

    service = make_url(settings.store_url.get_secret_value())
    return asyncio.run(
        migrate_postgres(
            settings.store_owner_url.get_secret_value(),
            service=service.username or "",
            password=str(service.password or ""),
        )
    )


def open_database(settings: Settings, folder: DataFolder) -> Database:
    """Opened with the first transaction; close it."""
    url = settings.store_url.get_secret_value()
    if not url:
        return SqliteDatabase(folder.database)
    from adapters.sql.postgres_database import PostgresDatabase

    return PostgresDatabase(url, idle=max(1.0, settings.lease_ttl / 3))


def open_lease(settings: Settings, database: Database) -> FencedLease:
    """The lease on the trading of that store; held by nobody yet."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    if isinstance(database, SqliteDatabase):
        return SqliteLease(database, TRADING, owner)
    from adapters.sql.postgres_database import PostgresDatabase
    from adapters.sql.postgres_lease import PostgresLease

    assert isinstance(database, PostgresDatabase)
    return PostgresLease(database, TRADING, owner, ttl=settings.lease_ttl)
