"""How kill switches look to a person."""

from typing import Any

from apps.cli.output.views import Column, Kind, View
from apps.cli.session import Session

Json = dict[str, Any]

KILL_SWITCH = View(
    "kill_switch_id",
    (
        Column("switch", "kill_switch_id"),
        Column("covers", "words"),
        Column("mode", "mode_words"),
        Column("state", "state", Kind.STATE),
        Column("pressed", "press_time", Kind.TIME),
        Column("by", "pressed_by"),
        Column("why", "reason"),
        Column("left", "residual_count", Kind.COUNT),
    ),
    (
        Column("accounts", "account_count", Kind.COUNT),
        Column("verified", "verified_account_count", Kind.COUNT),
        Column("released", "release_time", Kind.TIME),
        Column("released by", "released_by"),
        Column("why released", "release_reason"),
    ),
)
RESIDUAL = View(
    "account_id",
    (
        Column("account", "account_id"),
        Column("left because", "reason_words"),
        Column("instrument", "instrument_id"),
        Column("order", "order_id"),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("detail", "detail"),
    ),
)

_NAMES = ("account_id", "strategy_id", "run_id", "instrument_id")


def show_switch(session: Session, switch: Json) -> None:
    """The switch, and for a person what is left of it."""
    session.show(with_words(session, switch), KILL_SWITCH)
    if session.is_for_people and not session.fields and switch["residuals"]:
        print()
        words = [
            left | {"reason_words": in_words(left["reason"], "REASON_")}
            for left in switch["residuals"]
        ]
        session.show(words, RESIDUAL)


def show_engaged(session: Session) -> None:
    """The kill switches that are engaged, where there are any, below something else."""
    engaged = session.listed(
        "orders.KillSwitchService/ListKillSwitches", {"engaged_only": True}, "kill_switches", 50
    )
    if engaged:
        print()
        session.show([with_words(session, one) for one in engaged], KILL_SWITCH)


def with_words(session: Session, switch: Json) -> Json:
    """For a person what it covers in words; for a program as it is."""
    if not session.is_for_people or session.fields:
        return switch
    named = [switch[name] for name in _NAMES if switch[name]]
    everything = "every tenant" if switch["is_global"] else "everything"
    return switch | {
        "words": " ".join(named) or everything,
        "mode_words": in_words(switch["mode"], "MODE_"),
    }


def in_words(name: str, prefix: str) -> str:
    """`MODE_CANCEL_ALL` is `cancel all`."""
    return name.removeprefix(prefix).replace("_", " ").lower()
