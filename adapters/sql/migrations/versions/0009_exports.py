"""Exports."""

revision = "0009_exports"
down_revision = "0008_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
