"""Order groups and trailing stops."""

revision = "0014_groups"
down_revision = "0013_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
