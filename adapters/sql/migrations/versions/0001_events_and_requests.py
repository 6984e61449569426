"""The outbox and the log of answered requests."""

import sqlalchemy as sa
from alembic import op

revision = "0001_events_and_requests"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_of_object", "events", ["topic", "key", "seq"])
    op.create_table(
        "requests",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("principal", sa.String(), primary_key=True),
        sa.Column("method", sa.String(), primary_key=True),
        sa.Column("request_id", sa.String(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("requests")
    op.drop_table("events")
