"""The outbox, which streams resume from, and the log of answered requests."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("create_ts", BigInteger, nullable=False),
    Index("events_of_object", "topic", "key", "seq"),
    Index("events_by_age", "create_ts"),
    sqlite_autoincrement=True,
)

requests = Table(
    "requests",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("principal", String, primary_key=True),
    Column("method", String, primary_key=True),
    Column("request_id", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("create_ts", BigInteger, nullable=False),
    Index("requests_by_age", "create_ts"),
)

# What consumers have had their effect of, kept in the transaction of that effect.
inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("create_ts", BigInteger, nullable=False),
    Index("inbox_by_age", "create_ts"),
)

# How far each consumer has come.
consumers = Table(
    "consumers",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
