"""What happened, and was it good: figures with one definition each. Undefined is None."""
