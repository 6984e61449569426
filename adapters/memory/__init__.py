"""Stores in memory: quick, gone with the process; for simulations and tests."""
