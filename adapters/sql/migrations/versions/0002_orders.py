"""Accounts, orders, fills, positions, the ledger and the log of each account."""

import sqlalchemy as sa
from alembic import op

revision = "0002_orders"
down_revision = "0001_events_and_requests"
branch_labels = None
depends_on = None

Seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, autoincrement=False)


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _of_account() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"])


def _of_order() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id", "number"], ["orders.account_id", "orders.number"])


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("place", Seq, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.String(), nullable=False, unique=True),
        _text("tenant"),
        _text("display_name"),
        _text("broker"),
        _text("currency"),
        _blob("limits"),
        _number("create_ts"),
        _number("cash"),
        _number("cost"),
        _number("fees"),
        _number("capital"),
        _number("realised"),
        _number("reserved"),
        _number("order_count"),
        _blob("recent"),
        _number("version"),
        _text("market_run_id"),
        _number("market_ts"),
        _number("report_count"),
        sqlite_autoincrement=True,
    )
    op.create_index("accounts_of_tenant", "accounts", ["tenant", "place"])
    _create_orders()
    op.create_table(
        "order_attempts",
        _text("account_id"),
        _number("number"),
        _number("attempt"),
        _text("tenant"),
        _text("kind"),
        _number("send_ts"),
        _text("outcome"),
        _text("reason"),
        sa.PrimaryKeyConstraint("account_id", "number", "attempt"),
        _of_order(),
    )
    op.create_table(
        "fills",
        sa.Column("place", Seq, primary_key=True, autoincrement=True),
        _text("tenant"),
        _text("account_id"),
        _text("fill_id"),
        _number("number"),
        _text("order_id"),
        _blob("fill"),
        sa.UniqueConstraint("account_id", "fill_id"),
        _of_order(),
        sqlite_autoincrement=True,
    )
    op.create_index("fills_of_account", "fills", ["account_id", "place"])
    _create_books()


def _create_orders() -> None:
    op.create_table(
        "orders",
        _text("account_id"),
        _number("number"),
        _text("tenant"),
        _text("order_id"),
        _text("run_id"),
        _number("request"),
        _blob("fingerprint"),
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
        sa.Column("replacement", sa.LargeBinary()),
        _text("broker_order_id"),
        _number("version"),
        _number("attempts"),
        sa.Column("is_working", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number"),
        _of_account(),
        sa.UniqueConstraint("account_id", "order_id"),
    )
    working, of_runs = sa.text("is_working = 1"), sa.text("run_id <> ''")
    op.create_index(
        "working_orders",
        "orders",
        ["account_id", "number"],
        sqlite_where=working,
        postgresql_where=working,
    )
    op.create_index(
        "decisions_of_runs",
        "orders",
        ["account_id", "run_id", "request"],
        unique=True,
        sqlite_where=of_runs,
        postgresql_where=of_runs,
    )


def _create_books() -> None:
    op.create_table(
        "positions",
        _text("account_id"),
        _text("instrument_id"),
        _text("tenant"),
        _blob("instrument"),
        _number("quantity"),
        _number("cost"),
        _number("realised"),
        sa.Column("last", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "instrument_id"),
        _of_account(),
    )
    op.create_table(
        "ledger_entries",
        _text("account_id"),
        _number("version"),
        _text("tenant"),
        _number("ts"),
        _number("number"),
        _number("cash"),
        _number("cost"),
        _number("fees"),
        _number("capital"),
        _number("realised"),
        sa.PrimaryKeyConstraint("account_id", "version"),
        _of_account(),
    )
    op.create_table(
        "account_events",
        _text("account_id"),
        _number("version"),
        _text("tenant"),
        _text("run_id"),
        _blob("event"),
        sa.PrimaryKeyConstraint("account_id", "version"),
        _of_account(),
    )


def downgrade() -> None:
    for table in (
        "account_events",
        "ledger_entries",
        "positions",
        "fills",
        "order_attempts",
        "orders",
        "accounts",
    ):
        op.drop_table(table)
