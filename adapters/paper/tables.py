"""The paper broker's book: orders, reports, what they come to, and how far each market has come."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

SCHEMA = 2

metadata = MetaData()


def _owner(*, key: bool) -> "tuple[Column[str], Column[str]]":
    return (
        Column("tenant", String, primary_key=key, nullable=False),
        Column("account_id", String, primary_key=key, nullable=False),
    )


paper_orders = Table(
    "paper_orders",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    *_owner(key=False),
    Column("order_id", String, nullable=False),
    Column("instrument_id", String, nullable=False),
    Column("instrument", LargeBinary, nullable=False),
    Column("resting", LargeBinary, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("is_working", Integer, nullable=False),
    Column("submit_ts", BigInteger, nullable=False),
    UniqueConstraint("tenant", "account_id", "order_id"),
    Index("paper_working", "tenant", "account_id", "place", sqlite_where=text("is_working = 1")),
)

paper_reports = Table(
    "paper_reports",
    metadata,
    *_owner(key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("report", LargeBinary, nullable=False),
)

paper_accounts = Table(
    "paper_accounts",
    metadata,
    *_owner(key=True),
    Column("cash", BigInteger, nullable=False),
    Column("is_funded", Integer, nullable=False),
)

paper_deposits = Table(
    "paper_deposits",
    metadata,
    *_owner(key=True),
    Column("deposit_id", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

paper_positions = Table(
    "paper_positions",
    metadata,
    *_owner(key=True),
    Column("instrument_id", String, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
)

paper_executions = Table(
    "paper_executions",
    metadata,
    *_owner(key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", BigInteger, nullable=False),
    Column("execution", LargeBinary, nullable=False),
    Index("paper_executions_by_time", "tenant", "account_id", "ts"),
)

paper_markets = Table(
    "paper_markets",
    metadata,
    *_owner(key=True),
    Column("market", String, primary_key=True),
    Column("instrument_id", String, primary_key=True),
    Column("ts", BigInteger, nullable=False),
)
