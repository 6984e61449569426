"""Commands and logs of runs, archived strategies, and which fill a ledger entry books."""

import sqlalchemy as sa
from alembic import op

revision = "0008_runs"
down_revision = "0007_ticks"
branch_labels = None
depends_on = None

# Each fill has made one entry, so the entries of an account follow its fills one for one.
FILL_OF_ENTRY = """
    WITH booked AS (
        SELECT account_id, fill_id,
               ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY place) AS nth
        FROM fills
    ), entered AS (
        SELECT account_id, version,
               ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY version) AS nth
        FROM ledger_entries WHERE capital = 0
    )
    UPDATE ledger_entries SET fill_id = found.fill_id
    FROM (
        SELECT entered.account_id, entered.version, booked.fill_id
        FROM entered JOIN booked
        ON booked.account_id = entered.account_id AND booked.nth = entered.nth
    ) AS found
    WHERE ledger_entries.account_id = found.account_id
    AND ledger_entries.version = found.version
"""


def upgrade() -> None:
    op.create_table(
        "run_commands",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("run_id", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary()),
    )
    op.create_table(
        "run_logs",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("run_id", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("input_seq", sa.BigInteger(), nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("run_logs_of_input", "run_logs", ["tenant", "run_id", "input_seq"])
    op.create_table(
        "archived_strategies",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("strategy_id", sa.String(), primary_key=True),
        sa.Column("archive_ts", sa.BigInteger(), nullable=False),
    )
    op.add_column("ledger_entries", sa.Column("fill_id", sa.String()))
    op.execute(FILL_OF_ENTRY)


def downgrade() -> None:
    op.drop_column("ledger_entries", "fill_id")
    for table in ("archived_strategies", "run_logs", "run_commands"):
        op.drop_table(table)
