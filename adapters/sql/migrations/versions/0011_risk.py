"""Risk limits by scope, and what the gate counts."""

revision = "0011_risk"
down_revision = "0010_postgres"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
