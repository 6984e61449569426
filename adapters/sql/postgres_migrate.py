"""Brings a PostgreSQL to the schema of this code, as the owner of its tables."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.sql.postgres_errors import FAILURES, Again, failure
from adapters.sql.schemas import present_schema, refuse_newer, step, wanted_schema
from adapters.sql.walls import let_in, put_up_walls
from domain.errors import NotAllowedNow

T = TypeVar("T")

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('trademesh.migrate'))")
TOO_STRONG = text(
    "SELECT rolsuper OR rolbypassrls OR EXISTS ("
    "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND pg_has_role(relowner, 'MEMBER'))"
    " FROM pg_roles WHERE rolname = current_user"
)
MAY_NOT = "42501"


async def migrate_postgres(
    owner_url: str, *, service: str, password: str = "", to: str = "head"
) -> tuple[str, str]:
    """In one transaction: the schema, the walls between tenants, and what the service may do.

    Gives the schema before, empty for none, and now. The role `service` is made where it is
    missing. Several may try at once: one does it. Raises `NotAllowedNow` SCHEMA_TOO_NEW,
    MIGRATION_FAILED or SERVICE_ROLE_MISSING and `Unavailable`; nothing is changed then.
    """

    def run(connection: Connection) -> tuple[str, str]:
        connection.execute(ONE_AT_A_TIME)
        present, wanted = present_schema(connection), wanted_schema(to)
        refuse_newer(present, name_of(owner_url))
        if present != wanted:
            step(connection, present, wanted)
        put_up_walls(connection)
        _make_role(connection, service, password)
        let_in(connection, service)
        connection.commit()
        return present or "", wanted

    return await on_postgres(owner_url, run)


async def present_on_postgres(url: str) -> str:
    """The schema that is there; empty for none. Raises `NotAllowedNow` SCHEMA_TOO_NEW."""

    def run(connection: Connection) -> str:
        present = present_schema(connection)
        refuse_newer(present, name_of(url))
        return present or ""

    return await on_postgres(url, run)


async def ready_on_postgres(url: str) -> None:
    """Whether the service can begin, as the role that it connects with.

    Raises `NotAllowedNow` SCHEMA_TOO_NEW, SCHEMA_TOO_OLD, or STORE_ROLE_TOO_STRONG for a role that
    could take the walls between tenants down.
    """

    def run(connection: Connection) -> None:
        present, wanted = present_schema(connection), wanted_schema("head")
        refuse_newer(present, name_of(url))
        if present != wanted:
            raise NotAllowedNow(
                f"{name_of(url)} has schema {present or 'none'}, this version needs {wanted}:"
                " trademesh admin migrate",
                reason="SCHEMA_TOO_OLD",
                schema=present or "",
                wanted_schema=wanted,
            )
        if connection.execute(TOO_STRONG).scalar():
            raise NotAllowedNow(
                "the service must connect as a role that is neither superuser nor owner of the"
                " tables",
                reason="STORE_ROLE_TOO_STRONG",
                role=str(make_url(url).username or ""),
            )

    await on_postgres(url, run)


async def on_postgres(url: str, work: Callable[[Connection], T]) -> T:
    """Runs it on a connection of its own. Raises `NotAllowedNow` and `Unavailable`."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    except FAILURES as error:
        refusal = failure(error)
        if isinstance(refusal, Again):
            raise refusal.refusal from error
        if refusal is None and isinstance(error, DBAPIError):
            raise _failed(url, error) from error
        raise refusal or error from error
    finally:
        await engine.dispose()


def name_of(url: str) -> str:
    """The database as a message may name it: without a password."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=True)


def _make_role(connection: Connection, role: str, password: str) -> None:
    known = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)")
    if connection.scalar(known, {"role": role}):
        return
    name = connection.dialect.identifier_preparer.quote(role)
    secret = connection.scalar(text("SELECT quote_literal(:word)"), {"word": password})
    try:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD {secret}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != MAY_NOT:
            raise
        raise NotAllowedNow(
            f"the service's role {role} is missing, and the owner may not make it: "
            f"CREATE ROLE {name} LOGIN PASSWORD '…'",
            reason="SERVICE_ROLE_MISSING",
            role=role,
        ) from error


def _failed(url: str, error: DBAPIError) -> NotAllowedNow:
    return NotAllowedNow(
        f"{name_of(url)} cannot be changed: {error.orig}",
        reason="MIGRATION_FAILED",
        store=name_of(url),
    )
