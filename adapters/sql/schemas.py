"""One history of the schema, for SQLite and PostgreSQL: which there are, and steps between them."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from domain.errors import NotAllowedNow

SCRIPTS = Path(__file__).parent / "migrations"


def known_schemas() -> list[str]:
    """Every schema that this code can read or bring up, the oldest first."""
    return [one.revision for one in reversed(list(_scripts().walk_revisions()))]


def present_schema(connection: Connection) -> str | None:
    """None where there is none of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def wanted_schema(to: str) -> str:
    """The name of it; `head` is the newest."""
    found = _scripts().get_revision(to)
    assert found is not None, f"no migration {to}"
    return str(found.revision)


def refuse_newer(present: str | None, store: str) -> None:
    """Raises `NotAllowedNow` SCHEMA_TOO_NEW for one that this code does not know."""
    if present is None or present in known_schemas():
        return
    raise NotAllowedNow(
        f"{store} has schema {present}, which this version does not know: use the newer one",
        reason="SCHEMA_TOO_NEW",
        file=store,
        schema=present,
    )


def step(connection: Connection, present: str | None, wanted: str) -> None:
    """Forward or back, in the transaction that is open on the connection."""
    known = known_schemas()
    goes_back = present is not None and known.index(present) > known.index(wanted)
    (command.downgrade if goes_back else command.upgrade)(_config(connection), wanted)


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
