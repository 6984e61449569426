"""Exports. Their files lie in a folder of their own."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

exports = Table(
    "exports",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("export_id", String, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("expire_ts", BigInteger, nullable=False),  # 0 where there is no file
    Column("body", LargeBinary, nullable=False),
    Index("exports_of_tenant", "tenant", "seq"),
    Index("exports_to_do", "active", "seq"),
    Index("exports_to_expire", "expire_ts"),
    sqlite_autoincrement=True,
)
