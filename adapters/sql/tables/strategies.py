"""The library of strategies, strategy runs, what each run was asked and told, and their logs."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

strategy_versions = Table(
    "strategy_versions",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("strategy_id", String, primary_key=True),
    Column("version_id", String, primary_key=True),
    Column("class_name", String, nullable=False),
    Column("summary", Text, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("create_ts", BigInteger, nullable=False),
    UniqueConstraint("tenant", "strategy_id", "place"),
)

runs = Table(
    "runs",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("run_id", String, nullable=False, unique=True),
    Column("account_id", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("runs_of_tenant", "tenant", "seq"),
    # One run at a time replays in an account.
    Index(
        "run_of_account",
        "tenant",
        "account_id",
        unique=True,
        sqlite_where=text("active"),
        postgresql_where=text("active"),
    ),
    sqlite_autoincrement=True,
)

run_inputs = Table(
    "run_inputs",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("run_id", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("ts", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

run_commands = Table(
    "run_commands",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("run_id", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("asked", LargeBinary, nullable=False),
    Column("outcome", LargeBinary),
)

run_logs = Table(
    "run_logs",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("run_id", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("input_seq", BigInteger, nullable=False),  # what the strategy answered; 0: the house
    Column("ts", BigInteger, nullable=False),
    Column("writer", String, nullable=False),
    Column("text", Text, nullable=False),
    Index("run_logs_of_input", "tenant", "run_id", "input_seq"),
)

archived_strategies = Table(
    "archived_strategies",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("strategy_id", String, primary_key=True),
    Column("archive_ts", BigInteger, nullable=False),
)
