"""Backtests. Their orders, fills and equity are Parquet files."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

backtests = Table(
    "backtests",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("backtest_id", String, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("backtests_of_tenant", "tenant", "seq"),
    Index("backtests_to_do", "active", "seq"),
    sqlite_autoincrement=True,
)
