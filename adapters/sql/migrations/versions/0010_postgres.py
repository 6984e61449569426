"""What PostgreSQL needs beside SQLite: transaction ids in the outbox, leases, row-level security."""

revision = "0010_postgres"
down_revision = "0009_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
