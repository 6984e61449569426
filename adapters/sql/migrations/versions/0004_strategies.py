"""The library of strategies, strategy runs, and what each run was told."""

import sqlalchemy as sa
from alembic import op

revision = "0004_strategies"
down_revision = "0003_market_data"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strategy_versions",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("strategy_id", sa.String(), primary_key=True),
        sa.Column("version_id", sa.String(), primary_key=True),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("tenant", "strategy_id", "place"),
    )
    op.create_table(
        "runs",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False, unique=True),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("runs_of_tenant", "runs", ["tenant", "seq"])
    op.create_index(
        "run_of_account",
        "runs",
        ["tenant", "account_id"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "run_inputs",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("run_id", sa.String(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("run_inputs")
    op.drop_table("runs")
    op.drop_table("strategy_versions")
