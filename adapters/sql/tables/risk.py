"""Limits by scope with the history of their changes, and what each account's gate remembers."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, text

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

risk_limits = Table(
    "risk_limits",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account_id", String, primary_key=True),  # empty, as those below: all of them
    Column("strategy_id", String, primary_key=True),
    Column("instrument_id", String, primary_key=True),
    Column("limits", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("update_ts", BigInteger, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("counts_orders", Integer, nullable=False),  # whoever places an order takes the row
)

risk_limit_changes = Table(
    "risk_limit_changes",
    metadata,
    Column("number", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("change", LargeBinary, nullable=False),
    Index("risk_limit_changes_of_tenant", "tenant", "number"),
    sqlite_autoincrement=True,
)

risk_states = Table(
    "risk_states",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

risk_counters = Table(
    "risk_counters",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("strategy_id", String, primary_key=True),
    Column("instrument_id", String, primary_key=True),
    Column("clock", String, primary_key=True),  # the run whose replay tells the time; empty: ours
    Column("recent", LargeBinary, nullable=False),
)

risk_trips = Table(
    "risk_trips",
    metadata,
    Column("number", Seq, primary_key=True, autoincrement=True),
    Column("trip_id", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("is_standing", Integer, nullable=False),
    Column("trip", LargeBinary, nullable=False),
    Index(
        "standing_risk_trips",
        "account_id",
        sqlite_where=text("is_standing = 1"),
        postgresql_where=text("is_standing = 1"),
    ),
    Index("risk_trips_of_tenant", "tenant", "number"),
    sqlite_autoincrement=True,
)
