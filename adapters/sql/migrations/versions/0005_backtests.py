"""Backtests."""

import sqlalchemy as sa
from alembic import op

revision = "0005_backtests"
down_revision = "0004_strategies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("backtest_id", sa.String(), nullable=False, unique=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("backtests_of_tenant", "backtests", ["tenant", "seq"])
    op.create_index("backtests_to_do", "backtests", ["active", "seq"])


def downgrade() -> None:
    op.drop_table("backtests")
