"""Quotes, trades and bars as they were seen, in columns and one by one."""
