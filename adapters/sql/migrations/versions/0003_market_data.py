"""Instruments, corporate actions, the catalogue of bar files, and imports."""

import sqlalchemy as sa
from alembic import op

revision = "0003_market_data"
down_revision = "0002_orders"
branch_labels = None
depends_on = None

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "instruments",
        sa.Column("instrument_id", sa.String(), primary_key=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
    )
    op.create_index("ix_instruments_symbol", "instruments", ["symbol"])
    op.create_table(
        "corporate_actions",
        sa.Column(
            "instrument_id",
            sa.String(),
            sa.ForeignKey("instruments.instrument_id"),
            primary_key=True,
        ),
        sa.Column("ex_date", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_table(
        "bar_files",
        sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("timeframe", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("first_open_ts", sa.BigInteger(), nullable=False),
        sa.Column("last_open_ts", sa.BigInteger(), nullable=False),
        sa.Column("bar_count", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_index("bar_files_of_series", "bar_files", ["instrument_id", "timeframe", "seq"])
    op.create_table(
        "bar_series",
        sa.Column("instrument_id", sa.String(), primary_key=True),
        sa.Column("timeframe", sa.String(), primary_key=True),
        sa.Column("first_open_ts", sa.BigInteger(), nullable=False),
        sa.Column("last_open_ts", sa.BigInteger(), nullable=False),
        sa.Column("bar_count", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False, unique=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("create_ts", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_imports_state", "imports", ["state"])
    op.create_index("imports_of_tenant", "imports", ["tenant", "seq"])


def downgrade() -> None:
    for table in ("imports", "bar_series", "bar_files", "corporate_actions", "instruments"):
        op.drop_table(table)
