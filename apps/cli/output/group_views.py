"""How order groups look to a person."""

from apps.cli.output.views import Column, Kind, View

ORDER_GROUP = View(
    "group_id",
    (
        Column("group", "group_id"),
        Column("kind", "kind", Kind.STATE),
        Column("instrument", "instrument_id"),
        Column("exits", "side", Kind.STATE),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("take profit", "take_profit.limit_price", Kind.NUMBER),
        Column("stop", "stop_loss.stop_price", Kind.NUMBER),
        Column("trail", "stop_loss.trail_amount", Kind.NUMBER),
        Column("trail %", "stop_loss.trail_percent", Kind.NUMBER),
        Column("state", "state", Kind.STATE),
        Column("reason", "reason"),
    ),
    (
        Column("account", "account_id"),
        Column("run", "run_id"),
        Column("policy", "policy", Kind.STATE),
        Column("exits' tif", "exit_time_in_force", Kind.STATE),
        Column("created", "create_time", Kind.TIME),
    ),
)
