"""Who may do what only one process may; its epoch rises with every new holder."""

from sqlalchemy import BigInteger, Column, DateTime, String, Table, UniqueConstraint

from adapters.sql.tables import metadata

leases = Table(
    "leases",
    metadata,
    Column("key", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", String, nullable=False),
    Column("expire_time", DateTime(timezone=True)),  # none where a lock on files is the lease
    UniqueConstraint("key", "epoch"),
)
