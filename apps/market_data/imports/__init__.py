"""Imports on the wire."""
