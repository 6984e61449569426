"""Requests made up from the protos: good by their rules, nearly good, hostile, or no messages."""
