"""The stores on SQLAlchemy Core: SQLite in one process, PostgreSQL beyond."""
