"""The tables, a noun a file, on one metadata."""

from sqlalchemy import MetaData

metadata = MetaData()
