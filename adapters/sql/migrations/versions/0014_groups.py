"""Order groups and trailing stops."""

import sqlalchemy as sa
from alembic import op

revision = "0014_groups"
down_revision = "0013_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_groups",
        sa.Column("account_id", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("is_active", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.UniqueConstraint("account_id", "group_id"),
    )
    for name in ("group_number", "leg", "high_water"):
        op.add_column(
            "orders", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    op.add_column("orders", sa.Column("group_id", sa.String(), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("trail", sa.LargeBinary()))


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        for name in ("trail", "group_id", "high_water", "leg", "group_number"):
            orders.drop_column(name)
    op.drop_table("order_groups")
