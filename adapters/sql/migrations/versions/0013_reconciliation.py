"""Reconciliations and their breaks."""

revision = "0013_reconciliation"
down_revision = "0012_kill_switch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
