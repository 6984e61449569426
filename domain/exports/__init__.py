"""Exports: what the house keeps, as files to take away."""
