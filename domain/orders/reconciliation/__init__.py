"""Reconciliation: what the broker states, what our books say, and where both part."""
