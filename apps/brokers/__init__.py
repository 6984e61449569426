"""The way to the brokers: which account goes where, and a last limit that knows nothing else."""
