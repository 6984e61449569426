"""The kill switch."""

revision = "0012_kill_switch"
down_revision = "0011_risk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
