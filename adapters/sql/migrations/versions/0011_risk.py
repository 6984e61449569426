"""Risk limits by scope, and what the gate counts."""

import sqlalchemy as sa
from alembic import op

revision = "0011_risk"
down_revision = "0010_postgres"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_limits",
        *_scope(),
        sa.Column("limits", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("update_ts", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("counts_orders", sa.Integer(), nullable=False),
    )
    op.create_table(
        "risk_limit_changes",
        _number(),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("change", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("risk_limit_changes_of_tenant", "risk_limit_changes", ["tenant", "number"])
    op.create_table(
        "risk_states",
        sa.Column("account_id", sa.String(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "risk_counters",
        *_scope(),
        sa.Column("clock", sa.String(), primary_key=True),
        sa.Column("recent", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "risk_trips",
        _number(),
        sa.Column("trip_id", sa.String(), nullable=False, unique=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("is_standing", sa.Integer(), nullable=False),
        sa.Column("trip", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "standing_risk_trips",
        "risk_trips",
        ["account_id"],
        sqlite_where=sa.text("is_standing = 1"),
        postgresql_where=sa.text("is_standing = 1"),
    )
    op.create_index("risk_trips_of_tenant", "risk_trips", ["tenant", "number"])


def downgrade() -> None:
    for table in (
        "risk_trips",
        "risk_counters",
        "risk_states",
        "risk_limit_changes",
        "risk_limits",
    ):
        op.drop_table(table)


def _number() -> "sa.Column[int]":
    counting = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("number", counting, primary_key=True, autoincrement=True)


def _scope() -> "list[sa.Column[str]]":
    names = ("tenant", "account_id", "strategy_id", "instrument_id")
    return [sa.Column(name, sa.String(), primary_key=True) for name in names]
