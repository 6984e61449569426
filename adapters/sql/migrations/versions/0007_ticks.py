"""Quotes and trades."""

import sqlalchemy as sa
from alembic import op

revision = "0007_ticks"
down_revision = "0006_imports"
branch_labels = None
depends_on = None

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tick_files",
        sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tick_spans",
        sa.Column("file_seq", sa.BigInteger(), sa.ForeignKey("tick_files.seq"), primary_key=True),
        sa.Column("first_ts", sa.BigInteger(), primary_key=True),
        sa.Column("last_ts", sa.BigInteger(), nullable=False),
        sa.Column("tick_count", sa.BigInteger(), nullable=False),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
    )
    op.create_index("tick_spans_of_series", "tick_spans", ["instrument_id", "kind", "first_ts"])


def downgrade() -> None:
    op.drop_table("tick_spans")
    op.drop_table("tick_files")
