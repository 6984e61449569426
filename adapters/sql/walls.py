"""Walls between tenants on PostgreSQL: around every table that says whose its rows are.

A second wall behind that of the statements, which all name their tenant. It is put up after each
migration, so no table can be forgotten.
"""

from sqlalchemy import Connection

from ports.ownership import HOUSE

SHARED = (
    "strategy_versions",
    "kill_switches",
)  # what belongs to the house in there is for every tenant to see
_ME = "current_setting('trademesh.tenant', true)"
_MINE = f"tenant = {_ME} OR {_ME} = '{HOUSE}'"
_SEEN = f"{_MINE} OR tenant = '{HOUSE}'"  # what the house has is for every tenant


def put_up_walls(connection: Connection) -> None:
    """Who is not the house writes what is its own, and sees that and what the house has.

    So does the owner of the tables.
    """
    for table in set(tenant_tables(connection)) - set(walled_tables(connection)):
        quoted = connection.dialect.identifier_preparer.quote(table)
        for statement in (
            f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {quoted} FORCE ROW LEVEL SECURITY",
            *_policy(quoted, "sees", "SELECT", f"USING ({_SEEN})"),
            *_policy(quoted, "adds", "INSERT", f"WITH CHECK ({_MINE})"),
            *_policy(quoted, "changes", "UPDATE", f"USING ({_MINE}) WITH CHECK ({_MINE})"),
            *_policy(quoted, "removes", "DELETE", f"USING ({_MINE})"),
        ):
            connection.exec_driver_sql(statement)


def tenant_tables(connection: Connection) -> list[str]:
    """Every table with a column `tenant`."""
    question = (
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'tenant' ORDER BY table_name"
    )
    return list(connection.exec_driver_sql(question).scalars())


def walled_tables(connection: Connection) -> list[str]:
    """Every table that even its owner sees through the walls only."""
    question = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity"
        " AND relforcerowsecurity AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return list(connection.exec_driver_sql(question).scalars())


def let_in(connection: Connection, role: str) -> None:
    """Lets the service read and write every table, and change none of their shapes."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
    ):
        connection.exec_driver_sql(statement)


def _policy(table: str, name: str, of: str, rule: str) -> tuple[str, str]:
    return (
        f"DROP POLICY IF EXISTS tenant_{name} ON {table}",
        f"CREATE POLICY tenant_{name} ON {table} FOR {of} {rule}",
    )
