"""Puts the house together: which adapter answers which port."""
