"""Reconciliations and their breaks; who made an order; what an entry or a reversal settles."""

import sqlalchemy as sa
from alembic import op

revision = "0013_reconciliation"
down_revision = "0012_kill_switch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        _seq(),
        sa.Column("reconciliation_id", sa.String(), nullable=False, unique=True),
        *_owner(),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sqlite_autoincrement=True,
    )
    op.create_index("reconciliations_of_account", "reconciliations", ["account_id", "seq"])
    op.create_table(
        "breaks",
        _seq(),
        sa.Column("break_id", sa.String(), nullable=False, unique=True),
        *_owner(),
        sa.Column("is_open", sa.Integer(), nullable=False),
        sa.Column("is_standing", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sqlite_autoincrement=True,
    )
    op.create_index("breaks_of_account", "breaks", ["account_id", "seq"])
    op.create_index(
        "standing_breaks",
        "breaks",
        ["account_id"],
        sqlite_where=sa.text("is_standing = 1"),
        postgresql_where=sa.text("is_standing = 1"),
    )
    op.create_table(
        "stray_reports",
        sa.Column("account_id", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    )
    op.add_column("orders", sa.Column("origin", sa.String(), nullable=False, server_default=""))
    op.add_column("fills", sa.Column("break_id", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "ledger_entries", sa.Column("break_id", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    for table, column in (
        ("ledger_entries", "break_id"),
        ("fills", "break_id"),
        ("orders", "origin"),
    ):
        op.drop_column(table, column)
    for name in ("stray_reports", "breaks", "reconciliations"):
        op.drop_table(name)


def _seq() -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("seq", kind, primary_key=True, autoincrement=True)


def _owner() -> "tuple[sa.Column[str], sa.Column[str]]":
    return (
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
    )
