"""Archived strategies, and the logs of runs."""

revision = "0008_runs"
down_revision = "0007_ticks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
