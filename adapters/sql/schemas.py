"""One history of the schema, for SQLite and PostgreSQL: which there are, and steps between them."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from domain.errors import NotAllowedNow

SCRIPTS = Path(__file__).parent / "migrations"


@cache
def known_schemas() -> list[str]:
    """Every schema that this code can read or bring up, the oldest first: as the steps are named.

    Alembic, which takes the steps, is a fifth of a second to load: not for a start that needs none.
    """
    return sorted(step.stem for step in (SCRIPTS / "versions").glob("[0-9]*.py"))


def present_schema(connection: Connection) -> str | None:
    """None where there is none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def wanted_schema(to: str) -> str:
    """The name of it; `head` is the newest."""
    if to == "head":
        return known_schemas()[-1]
    assert to in known_schemas(), f"no migration {to}"
    return to


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
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = known_schemas()
    goes_back = present is not None and known.index(present) > known.index(wanted)
    (command.downgrade if goes_back else command.upgrade)(config, wanted)
