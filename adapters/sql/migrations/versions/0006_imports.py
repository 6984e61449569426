"""What imports and checks found."""

import sqlalchemy as sa
from alembic import op

revision = "0006_imports"
down_revision = "0005_backtests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_refused_rows",
        sa.Column("import_id", sa.String(), primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_table(
        "import_findings",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_ts", sa.BigInteger(), nullable=False),
        sa.Column("end_ts", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
    )
    op.create_index("findings_of_import", "import_findings", ["import_id", "start_ts", "seq"])
    op.create_table(
        "bar_quality",
        sa.Column("instrument_id", sa.String(), primary_key=True),
        sa.Column("timeframe", sa.String(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("bar_quality")
    op.drop_table("import_findings")
    op.drop_table("import_refused_rows")
