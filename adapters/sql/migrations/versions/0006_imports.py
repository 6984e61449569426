"""What imports and checks found."""

revision = "0006_imports"
down_revision = "0005_backtests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
