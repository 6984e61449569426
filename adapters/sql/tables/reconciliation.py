"""Reconciliations of accounts, the breaks they found, and reports about orders nobody knew."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from adapters.sql.tables import metadata
from adapters.sql.tables.orders import Seq


def _of_account() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_id"], ["accounts.account_id"])


reconciliations = Table(
    "reconciliations",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("reconciliation_id", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _of_account(),
    Index("reconciliations_of_account", "account_id", "seq"),
    sqlite_autoincrement=True,
)

breaks = Table(
    "breaks",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("break_id", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("is_open", Integer, nullable=False),
    Column("is_standing", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _of_account(),
    Index("breaks_of_account", "account_id", "seq"),
    Index(
        "standing_breaks",
        "account_id",
        sqlite_where=text("is_standing = 1"),
        postgresql_where=text("is_standing = 1"),
    ),
    sqlite_autoincrement=True,
)

stray_reports = Table(
    "stray_reports",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False),
    Column("report", LargeBinary, nullable=False),
    _of_account(),
)
