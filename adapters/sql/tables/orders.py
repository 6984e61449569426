"""Accounts, their orders, fills, positions and money, and the log of each account.

Money, prices and quantities are scaled integers. What an order sets aside is its column `reserved`,
the sum of an account's is in `accounts.reserved`.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, key: bool = False) -> "Column[str]":
    return Column(name, String, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> "Column[int]":
    return Column(name, BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _of_account() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_id"], ["accounts.account_id"])


accounts = Table(
    "accounts",
    metadata,
    Column("place", Seq, primary_key=True, autoincrement=True),
    Column("account_id", String, nullable=False, unique=True),
    _text("tenant"),
    _text("display_name"),
    _text("broker"),
    _text("currency"),
    Column("limits", LargeBinary, nullable=False),
    _number("create_ts"),
    _number("cash"),
    _number("cost"),
    _number("fees"),
    _number("capital"),
    _number("realised"),
    _number("reserved"),
    _number("order_count"),
    Column("recent", LargeBinary, nullable=False),
    _number("version"),
    _text("market_run_id"),
    _number("market_ts"),
    _number("report_count"),
    Index("accounts_of_tenant", "tenant", "place"),
    sqlite_autoincrement=True,
)

orders = Table(
    "orders",
    metadata,
    _text("account_id", key=True),
    _number("number", key=True),
    _text("tenant"),
    _text("order_id"),
    _text("run_id"),
    _number("request"),
    Column("fingerprint", LargeBinary, nullable=False),
    _text("instrument_id"),
    _number("price_decimals"),
    _number("quantity_decimals"),
    _number("side"),
    _number("quantity"),
    _number("order_type"),
    _number("limit_price"),
    _number("stop_price"),
    _number("time_in_force"),
    _number("reserve_price"),
    _number("create_ts"),
    _number("update_ts"),
    _number("state"),
    _number("filled_quantity"),
    _number("fill_value"),
    _number("fees"),
    _number("reserved"),
    _text("reason"),
    Column("replacement", LargeBinary),
    _number("group_number"),
    _text("group_id"),
    _number("leg"),
    Column("trail", LargeBinary),
    _number("high_water"),
    _text("broker_order_id"),
    _number("version"),
    _number("attempts"),
    Column("doubt", LargeBinary),
    _number("watch_ts"),
    _text("decision"),
    _number("generation"),
    _text("origin"),
    _number("terms_ts"),
    Column("is_working", Integer, nullable=False),
    _of_account(),
    UniqueConstraint("account_id", "order_id"),
    Index(
        "working_orders",
        "account_id",
        "number",
        sqlite_where=text("is_working = 1"),
        postgresql_where=text("is_working = 1"),
    ),
    Index(
        "watched_orders",
        "watch_ts",
        sqlite_where=text("watch_ts > 0"),
        postgresql_where=text("watch_ts > 0"),
    ),
    Index(
        "decisions_of_runs",
        "account_id",
        "run_id",
        "request",
        "generation",
        unique=True,
        sqlite_where=text("run_id <> ''"),
        postgresql_where=text("run_id <> ''"),
    ),
)

order_attempts = Table(
    "order_attempts",
    metadata,
    _text("account_id", key=True),
    _number("number", key=True),
    _number("attempt", key=True),
    _text("tenant"),
    _text("kind"),
    _number("send_ts"),
    _text("outcome"),
    _text("reason"),
    ForeignKeyConstraint(["account_id", "number"], ["orders.account_id", "orders.number"]),
)

fills = Table(
    "fills",
    metadata,
    Column("place", Seq, primary_key=True, autoincrement=True),
    _text("tenant"),
    _text("account_id"),
    _text("fill_id"),
    _number("number"),
    _text("order_id"),
    Column("fill", LargeBinary, nullable=False),
    _text("break_id"),  # the break that taking it back settles
    UniqueConstraint("account_id", "fill_id"),
    ForeignKeyConstraint(["account_id", "number"], ["orders.account_id", "orders.number"]),
    Index("fills_of_account", "account_id", "place"),
    sqlite_autoincrement=True,
)

positions = Table(
    "positions",
    metadata,
    _text("account_id", key=True),
    _text("instrument_id", key=True),
    _text("tenant"),
    Column("instrument", LargeBinary, nullable=False),
    _number("quantity"),
    _number("cost"),
    _number("realised"),
    Column("last", Float, nullable=False),
    _of_account(),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    _text("account_id", key=True),
    _number("version", key=True),
    _text("tenant"),
    _number("ts"),
    _number("number"),
    _number("cash"),
    _number("cost"),
    _number("fees"),
    _number("capital"),
    _number("realised"),
    Column("fill_id", String),  # what it books; none for capital
    _text("break_id"),  # the break that it settles
    _of_account(),
)

account_events = Table(
    "account_events",
    metadata,
    _text("account_id", key=True),
    _number("version", key=True),
    _text("tenant"),
    _text("run_id"),
    Column("event", LargeBinary, nullable=False),
    _of_account(),
)
