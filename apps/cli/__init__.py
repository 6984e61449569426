"""The command line: `trademesh`. Start reading at `main.py`, then `commands/`."""

__version__ = "0.1.0"  # kept equal to the package's by a test: reading that takes 40 ms
