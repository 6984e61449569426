"""Bars and results in Parquet files, written and read by DuckDB in memory."""
