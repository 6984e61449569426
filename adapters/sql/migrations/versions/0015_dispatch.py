"""What is kept of each sending."""

revision = "0015_dispatch"
down_revision = "0014_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
