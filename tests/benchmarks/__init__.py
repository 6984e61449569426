"""Our speed against the peers: `python -m tests.benchmarks engine`."""
