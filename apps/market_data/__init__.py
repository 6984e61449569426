"""Instruments, bars and their way into the house."""
