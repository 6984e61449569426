"""How market data looks to a person, and what goes in and out of the house."""

from apps.cli.output.views import Column, Kind, View

INSTRUMENT = View(
    "instrument_id",
    (
        Column("instrument", "instrument_id"),
        Column("name", "name"),
        Column("currency", "currency"),
        Column("tick", "tick_size", Kind.NUMBER),
        Column("lot", "lot_size", Kind.NUMBER),
        Column("time zone", "time_zone"),
    ),
)

SERIES = View(
    "instrument_id",
    (
        Column("instrument", "instrument_id"),
        Column("timeframe", "timeframe"),
        Column("first bar", "first_open_time", Kind.TIME),
        Column("last bar", "last_open_time", Kind.TIME),
        Column("bars", "bar_count", Kind.COUNT),
        Column("source", "source"),
        Column("missing", "quality.missing_bar_count", Kind.COUNT),
        Column("found", "quality.finding_counts"),
    ),
    (
        Column("calendar", "quality.calendar"),
        Column("bars expected", "quality.expected_bar_count", Kind.COUNT),
        Column("checked", "quality.check_time", Kind.TIME),
    ),
)

TICK_SERIES = View(
    "instrument_id",
    (
        Column("instrument", "instrument_id"),
        Column("kind", "kind", Kind.STATE),
        Column("first", "first_time", Kind.TIME),
        Column("last", "last_time", Kind.TIME),
        Column("ticks", "tick_count", Kind.COUNT),
        Column("source", "source"),
    ),
)

BAR = View(
    "open_time",
    (
        Column("opens", "open_time", Kind.TIME),
        Column("open", "open", Kind.NUMBER),
        Column("high", "high", Kind.NUMBER),
        Column("low", "low", Kind.NUMBER),
        Column("close", "close", Kind.NUMBER),
        Column("volume", "volume", Kind.NUMBER),
    ),
    (Column("closes", "close_time", Kind.TIME),),
)

QUOTE = View(
    "time",
    (
        Column("time", "time", Kind.TIME),
        Column("bid size", "bid_size", Kind.NUMBER),
        Column("bid", "bid", Kind.NUMBER),
        Column("ask", "ask", Kind.NUMBER),
        Column("ask size", "ask_size", Kind.NUMBER),
    ),
)

TRADE = View(
    "time",
    (
        Column("time", "time", Kind.TIME),
        Column("price", "price", Kind.NUMBER),
        Column("size", "size", Kind.NUMBER),
    ),
)

IMPORT = View(
    "import_id",
    (
        Column("import", "import_id"),
        Column("instrument", "instrument_id"),
        Column("timeframe", "timeframe"),
        Column("state", "state", Kind.STATE),
        Column("bars kept", "bar_count", Kind.COUNT),
        Column("ticks kept", "tick_count", Kind.COUNT),
        Column("rows refused", "refused_row_count", Kind.COUNT),
        Column("rows twice", "duplicate_row_count", Kind.COUNT),
        Column("found", "quality.finding_counts"),
        Column("error", "error_message"),
    ),
    (
        Column("calendar", "quality.calendar"),
        Column("bars expected", "quality.expected_bar_count", Kind.COUNT),
        Column("bars missing", "quality.missing_bar_count", Kind.COUNT),
    ),
)

REFUSED_ROW = View(
    "line",
    (
        Column("line", "line", Kind.COUNT),
        Column("column", "column"),
        Column("reason", "reason"),
        Column("value", "value"),
    ),
)

FINDING = View(
    "start_time",
    (
        Column("found", "kind", Kind.STATE),
        Column("from", "start_time", Kind.TIME),
        Column("to", "end_time", Kind.TIME),
        Column("count", "count", Kind.COUNT),
        Column("line", "line", Kind.COUNT),
        Column("seen", "detail"),
    ),
)

EXPORT = View(
    "export_id",
    (
        Column("export", "export_id"),
        Column("state", "state", Kind.STATE),
        Column("rows", "row_count", Kind.COUNT),
        Column("bytes", "size_bytes", Kind.COUNT),
        Column("format", "format", Kind.STATE),
        Column("error", "error_message"),
    ),
)
