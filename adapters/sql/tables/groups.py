"""Order groups: which orders of an account belong together."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from adapters.sql.tables import metadata

order_groups = Table(
    "order_groups",
    metadata,
    Column("account_id", String, primary_key=True, nullable=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False, nullable=False),
    Column("tenant", String, nullable=False),
    Column("group_id", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("is_active", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    UniqueConstraint("account_id", "group_id"),
)
