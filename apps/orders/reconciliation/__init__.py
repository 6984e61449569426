"""Reconciliation: looks at accounts from all sides, keeps what differs, and settles it."""
