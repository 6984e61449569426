"""The core that decides: pure, synchronous, with no clock, no chance and no I/O."""
