"""Files of bars, quotes and trades: read row by row, each good or named with its fault."""
