"""How reconciliations and breaks look to a person."""

from apps.cli.output.views import Column, Kind, View

RECONCILIATION = View(
    "reconciliation_id",
    (
        Column("reconciliation", "reconciliation_id"),
        Column("account", "account_id"),
        Column("why", "trigger", Kind.STATE),
        Column("outcome", "outcome", Kind.STATE),
        Column("looks", "look_count", Kind.COUNT),
        Column("began", "start_time", Kind.TIME),
        Column("ended", "end_time", Kind.TIME),
        Column("breaks", "break_ids"),
    ),
    (
        Column("reports", "report_count", Kind.COUNT),
        Column("orders", "order_count", Kind.COUNT),
        Column("positions", "position_count", Kind.COUNT),
        Column("executions", "execution_count", Kind.COUNT),
    ),
)

BREAK = View(
    "break_id",
    (
        Column("break", "break_id"),
        Column("kind", "kind", Kind.STATE),
        Column("state", "state", Kind.STATE),
        Column("instrument", "instrument_id"),
        Column("broker", "broker_figure"),
        Column("books", "books_figure"),
        Column("log", "log_figure"),
        Column("fix", "fix", Kind.STATE),
        Column("first seen", "first_seen_time", Kind.TIME),
        Column("last seen", "last_seen_time", Kind.TIME),
    ),
    (
        Column("account", "account_id"),
        Column("order", "order_id"),
        Column("fill", "fill_id"),
        Column("cause", "cause"),
        Column("forbids new risk", "material"),
        Column("by itself", "automatic"),
        Column("decided by", "decided_by"),
        Column("reason", "reason"),
        Column("ended", "end_time", Kind.TIME),
    ),
)
