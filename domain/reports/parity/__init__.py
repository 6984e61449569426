"""Parity: two records of one strategy side by side, and why their results part."""
