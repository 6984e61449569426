"""Quotes and trades: lists and streams."""
