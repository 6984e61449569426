"""Kill switches, and what each has to do in the accounts it covers. No row is ever removed."""

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

Seq = BigInteger().with_variant(Integer(), "sqlite")

kill_switches = Table(
    "kill_switches",
    metadata,
    Column("kill_epoch", Seq, primary_key=True, autoincrement=True),
    Column("kill_switch_id", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),  # the house for a global one
    Column("account_id", String, nullable=False),  # empty, as those below: narrows nothing
    Column("strategy_id", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("instrument_id", String, nullable=False),
    Column("is_engaged", Integer, nullable=False),
    Column("press", LargeBinary, nullable=False),
    Column("release", LargeBinary),
    Index(
        "engaged_kill_switches",
        "tenant",
        sqlite_where=text("is_engaged = 1"),
        postgresql_where=text("is_engaged = 1"),
    ),
    sqlite_autoincrement=True,
)

kill_works = Table(
    "kill_works",
    metadata,
    Column("kill_epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("work", LargeBinary, nullable=False),
    ForeignKeyConstraint(["kill_epoch"], ["kill_switches.kill_epoch"]),
)
