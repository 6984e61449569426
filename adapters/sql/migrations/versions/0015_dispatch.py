"""What is known of an order in doubt, and how often a decision was issued."""

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
    op.add_column("orders", sa.Column("decision", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "orders", sa.Column("generation", sa.BigInteger(), nullable=False, server_default="1")
    )
    _index_decisions("generation")
    op.create_index(
        "watched_orders",
        "orders",
        ["watch_ts"],
        sqlite_where=sa.text("watch_ts > 0"),
        postgresql_where=sa.text("watch_ts > 0"),
    )


def downgrade() -> None:
    op.drop_index("watched_orders", "orders")
    _index_decisions()
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("generation")
        orders.drop_column("decision")
        orders.drop_column("watch_ts")
        orders.drop_column("doubt")


def _index_decisions(*more: str) -> None:
    op.drop_index("decisions_of_runs", "orders")
    op.create_index(
        "decisions_of_runs",
        "orders",
        ["account_id", "run_id", "request", *more],
        unique=True,
        sqlite_where=sa.text("run_id <> ''"),
        postgresql_where=sa.text("run_id <> ''"),
    )
