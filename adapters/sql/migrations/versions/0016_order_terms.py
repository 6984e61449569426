"""When the broker took the terms that an order has: older news of its terms is no news."""

import sqlalchemy as sa
from alembic import op

revision = "0016_order_terms"
down_revision = "0015_dispatch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("terms_ts", sa.BigInteger(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("terms_ts")
