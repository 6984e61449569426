"""Quotes and trades."""

revision = "0007_ticks"
down_revision = "0006_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
