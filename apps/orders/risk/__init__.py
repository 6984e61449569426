"""Risk limits: set, read, and what trips them released."""
