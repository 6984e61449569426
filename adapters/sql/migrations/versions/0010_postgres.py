"""Leases, an inbox, ages to purge by; on PostgreSQL the transaction of each event too.

Row-level security is no part of the history: `adapters.sql.walls` puts it around every table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_postgres"
down_revision = "0009_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True)),
        # A key: to change the epoch waits for whoever holds FOR KEY SHARE, to renew does not.
        sa.UniqueConstraint("key", "epoch"),
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(), primary_key=True),
        sa.Column("event_id", sa.String(), primary_key=True),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
    )
    op.create_index("inbox_by_age", "inbox", ["create_ts"])
    op.create_table(
        "consumers",
        sa.Column("consumer", sa.String(), primary_key=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_index("events_by_age", "events", ["create_ts"])
    op.create_index("requests_by_age", "requests", ["create_ts"])
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE events ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
        op.create_index("events_by_transaction", "events", ["xid", "seq"])


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("events_by_transaction", "events")
        op.execute("ALTER TABLE events DROP COLUMN xid")
    op.drop_index("requests_by_age", "requests")
    op.drop_index("events_by_age", "events")
    op.drop_table("consumers")
    op.drop_table("inbox")
    op.drop_table("leases")
