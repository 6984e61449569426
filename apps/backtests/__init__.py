"""Backtests: queued, run in worker processes, kept with their results."""
