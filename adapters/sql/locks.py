"""Locks with names, for what has no row yet that could be locked."""

from sqlalchemy import Connection

ONE_WRITER = "sqlite"  # its transactions that write come one after the other
WRITES = "trademesh_writes"  # an option of the connections that do


def hold(connection: Connection, *name: str) -> None:
    """Waits until no other transaction holds the name, and holds it until this one ends.

    Statements after it see what the others did. Nothing in a transaction that only reads.
    """
    if connection.dialect.name == ONE_WRITER or WRITES not in connection.get_execution_options():
        return
    connection.exec_driver_sql(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ("\x1f".join(name),)
    )
