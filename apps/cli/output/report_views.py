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
