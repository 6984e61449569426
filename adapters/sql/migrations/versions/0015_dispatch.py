"""What is known of an order in doubt, and until when an absent one is asked about."""

import sqlalchemy as sa
from alembic import op

revision = "0015_dispatch"
down_revision = "0014_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("doubt", sa.LargeBinary()))
    op.add_column(
        "orders", sa.Column("watch_ts", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index(
        "watched_orders",
        "orders",
        ["watch_ts"],
        sqlite_where=sa.text("watch_ts > 0"),
        postgresql_where=sa.text("watch_ts > 0"),
    )


def downgrade() -> None:
    op.drop_index("watched_orders", "orders")
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("watch_ts")
        orders.drop_column("doubt")
