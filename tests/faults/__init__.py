"""Real processes, really killed: `python -m tests.faults --help`."""
