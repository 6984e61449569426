"""How limits, their history and trips look to a person."""

from collections.abc import Mapping
from typing import Any

from apps.cli.output.views import Column, Kind, View
from apps.cli.session import Session

Json = dict[str, Any]

SCOPED_LIMITS = View(
    "etag",
    (
        Column("account", "account_id"),
        Column("strategy", "strategy_id"),
        Column("instrument", "instrument_id"),
        Column("limits", "words"),
        Column("set", "update_time", Kind.TIME),
        Column("by", "updated_by"),
    ),
)
LIMIT_CHANGE = View(
    "after.update_time",
    (
        Column("set", "after.update_time", Kind.TIME),
        Column("by", "after.updated_by"),
        Column("account", "after.account_id"),
        Column("strategy", "after.strategy_id"),
        Column("instrument", "after.instrument_id"),
        Column("before", "before_words"),
        Column("after", "words"),
    ),
)
RISK_TRIP = View(
    "trip_id",
    (
        Column("trip", "trip_id"),
        Column("account", "account_id"),
        Column("run", "run_id"),
        Column("reason", "reason"),
        Column("tripped", "trip_time", Kind.TIME),
        Column("released", "release_time", Kind.TIME),
        Column("by", "released_by"),
    ),
    (
        Column("detail", "detail"),
        Column("why released", "release_reason"),
    ),
)
RISK_STATUS = View(
    "account_id",
    (
        Column("account", "account_id"),
        Column("halted by", "halt_words"),
        Column("limits", "words"),
        Column("equity", "equity", Kind.MONEY),
        Column("gross", "gross_exposure", Kind.MONEY),
        Column("net", "net_exposure", Kind.MONEY),
        Column("lost today", "daily_loss", Kind.MONEY),
        Column("drawdown", "drawdown", Kind.MONEY),
    ),
    (
        Column("day began at", "day_equity", Kind.MONEY),
        Column("peak", "peak_equity", Kind.MONEY),
    ),
)


def with_words(session: Session, thing: Json) -> Json:
    """For a person the limits as one text; for a program as they are."""
    if not session.is_for_people or session.fields:
        return thing
    limits = thing.get("limits") or thing.get("after", {}).get("limits", {})
    return thing | {
        "words": limits_in_words(limits),
        "before_words": limits_in_words(thing.get("before", {})),
        "halt_words": " ".join(halt["reason"] for halt in thing.get("halts", ())),
    }


def limits_in_words(limits: Mapping[str, Any]) -> str:
    """`max_daily_loss=1000 restricted`, or `none`."""
    said = [
        name if value is True else f"{name}={value}"
        for name, value in limits.items()
        if value not in ("", None, False)
    ]
    return " ".join(said) or "none"
