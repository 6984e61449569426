"""The catalogue of quotes and trades."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

# A file is never changed. `kind` is quotes or trades.
tick_files = Table(
    "tick_files",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("instrument_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("source", String, nullable=False),
    Column("create_ts", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Which ticks of a file count today. The spans of a series never overlap, but at an instant that two
# files of one append share.
tick_spans = Table(
    "tick_spans",
    metadata,
    Column("file_seq", BigInteger, ForeignKey("tick_files.seq"), primary_key=True),
    Column("first_ts", BigInteger, primary_key=True),
    Column("last_ts", BigInteger, nullable=False),
    Column("tick_count", BigInteger, nullable=False),
    Column("instrument_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Index("tick_spans_of_series", "instrument_id", "kind", "first_ts"),
)
