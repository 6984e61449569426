"""How reports look to a person."""

from apps.cli.output.views import Column, Kind, View

REPLAY = View(
    "run_id",
    (
        Column("run", "run_id"),
        Column("verdict", "verdict", Kind.STATE),
        Column("bars", "bar_count", Kind.COUNT),
        Column("decisions", "decision_count", Kind.COUNT),
        Column("market time", "market_time", Kind.TIME),
    ),
    (
        Column("version", "version_id"),
        Column("recorded hash", "recorded_hash"),
        Column("replayed hash", "replayed_hash"),
        Column("account version", "account_version", Kind.COUNT),
        Column("account hash", "account_hash"),
        Column("replayed account", "replayed_account_hash"),
    ),
)

PARITY_ROW = View(
    "number",
    (
        Column("no.", "number", Kind.COUNT),
        Column("decided", "left.create_time", Kind.TIME),
        Column("on the right", "right.create_time", Kind.TIME),
        Column("side", "left.side", Kind.STATE),
        Column("its side", "right.side", Kind.STATE),
        Column("filled", "left.filled_quantity", Kind.NUMBER),
        Column("its fill", "right.filled_quantity", Kind.NUMBER),
        Column("at", "left.average_fill_price", Kind.NUMBER),
        Column("its price", "right.average_fill_price", Kind.NUMBER),
        Column("difference", "difference", Kind.MONEY),
    ),
)
