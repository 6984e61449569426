"""Instruments, what companies did to them, the catalogue of bar files, and imports."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from adapters.sql.tables import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")

instruments = Table(
    "instruments",
    metadata,
    Column("instrument_id", String, primary_key=True),
    Column("symbol", String, nullable=False, index=True),
    Column("definition", Text, nullable=False),  # the whole instrument as JSON
)

corporate_actions = Table(
    "corporate_actions",
    metadata,
    Column("instrument_id", String, ForeignKey("instruments.instrument_id"), primary_key=True),
    Column("ex_date", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("value", String, nullable=False),  # ratio of a split, amount of a dividend
)

# A file is never changed. Of bars that open at the same time the one with the highest seq counts.
bar_files = Table(
    "bar_files",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("instrument_id", String, nullable=False),
    Column("timeframe", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("first_open_ts", BigInteger, nullable=False),
    Column("last_open_ts", BigInteger, nullable=False),
    Column("bar_count", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("create_ts", BigInteger, nullable=False),
    Column("replaced_by", BigInteger),  # seq of the file that holds all of its bars anew
    Index("bar_files_of_series", "instrument_id", "timeframe", "seq"),
    sqlite_autoincrement=True,
)

bar_series = Table(
    "bar_series",
    metadata,
    Column("instrument_id", String, primary_key=True),
    Column("timeframe", String, primary_key=True),
    Column("first_open_ts", BigInteger, nullable=False),
    Column("last_open_ts", BigInteger, nullable=False),
    Column("bar_count", BigInteger, nullable=False),
    Column("source", String, nullable=False),  # of the newest file
)

imports = Table(
    "imports",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("import_id", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("body", Text, nullable=False),  # the whole import as JSON
    Column("create_ts", BigInteger, nullable=False),
    UniqueConstraint("import_id"),
    Index("imports_of_tenant", "tenant", "seq"),
    sqlite_autoincrement=True,
)

import_refused_rows = Table(
    "import_refused_rows",
    metadata,
    Column("import_id", String, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("column", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("value", String, nullable=False),
)

import_findings = Table(
    "import_findings",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=True),
    Column("import_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("start_ts", BigInteger, nullable=False),
    Column("end_ts", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("detail", String, nullable=False),
    Index("findings_of_import", "import_id", "start_ts", "seq"),
)

# The last look at a series; none where nobody looked since it changed.
bar_quality = Table(
    "bar_quality",
    metadata,
    Column("instrument_id", String, primary_key=True),
    Column("timeframe", String, primary_key=True),
    Column("body", Text, nullable=False),  # the whole quality as JSON
)
