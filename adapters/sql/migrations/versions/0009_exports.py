"""Exports."""

import sqlalchemy as sa
from alembic import op

revision = "0009_exports"
down_revision = "0008_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("export_id", sa.String(), nullable=False, unique=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("expire_ts", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("exports_of_tenant", "exports", ["tenant", "seq"])
    op.create_index("exports_to_do", "exports", ["active", "seq"])
    op.create_index("exports_to_expire", "exports", ["expire_ts"])


def downgrade() -> None:
    op.drop_table("exports")
