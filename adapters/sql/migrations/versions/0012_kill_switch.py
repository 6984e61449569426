"""The kill switch."""

import sqlalchemy as sa
from alembic import op

revision = "0012_kill_switch"
down_revision = "0011_risk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kill_switches",
        sa.Column(
            "kill_epoch",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("kill_switch_id", sa.String(), nullable=False, unique=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("strategy_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("is_engaged", sa.Integer(), nullable=False),
        sa.Column("press", sa.LargeBinary(), nullable=False),
        sa.Column("release", sa.LargeBinary()),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "engaged_kill_switches",
        "kill_switches",
        ["tenant"],
        sqlite_where=sa.text("is_engaged = 1"),
        postgresql_where=sa.text("is_engaged = 1"),
    )
    op.create_table(
        "kill_works",
        sa.Column("kill_epoch", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.String(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("work", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["kill_epoch"], ["kill_switches.kill_epoch"]),
    )


def downgrade() -> None:
    op.drop_table("kill_works")
    op.drop_table("kill_switches")
