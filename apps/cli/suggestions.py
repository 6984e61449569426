"""The name that was probably meant, where a name is unknown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.cli.failure import Failure
from apps.cli.hints import nearest
from apps.cli.session import Session

Json = dict[str, Any]

Names = Callable[[Session], Iterable[str]]


def strategy_names(session: Session) -> list[str]:
    found = session.listed("strategies.StrategyService/ListStrategies", {}, "strategies")
    return [strategy["strategy_id"] for strategy in found]


def instrument_names(session: Session) -> list[str]:
    found = session.listed("market_data.MarketDataService/ListInstruments", {}, "instruments")
    return [name for each in found for name in (each["symbol"], each["instrument_id"])]


def account_names(session: Session) -> list[str]:
    found = session.listed("orders.AccountService/ListAccounts", {}, "accounts")
    return [name for each in found for name in (each["display_name"], each["account_id"])]


def timeframe_names(_: Session) -> tuple[str, ...]:
    from domain.market_data.timeframe import TIMEFRAMES

    return TIMEFRAMES


# A reason: the argument of the command or the fact of the refusal that holds the name, and where
# the names are that it could have been.
_UNKNOWN: dict[str, tuple[str, Names]] = {
    "STRATEGY_NOT_FOUND": ("strategy", strategy_names),
    "INSTRUMENT_NOT_FOUND": ("instrument", instrument_names),
    "ACCOUNT_NOT_FOUND": ("account", account_names),
    "UNKNOWN_TIMEFRAME": ("timeframe", timeframe_names),
}


def suggest(session: Session, failure: Failure, given: Mapping[str, Any]) -> None:
    """Makes the nearest known name the failure's hint, where its reason is an unknown name."""
    if failure.reason not in _UNKNOWN:
        return
    noun, names = _UNKNOWN[failure.reason]
    name = failure.facts.get(f"{noun}_id") or given.get(noun)
    near = nearest(str(name), _known(session, names)) if name else None
    if near and near != name:
        failure.hint = f"{near}; did you mean that? else {failure.hint}"


def _known(session: Session, names: Names) -> Iterable[str]:
    """None where the platform does not say: the failure itself is told in any case."""
    try:
        return names(session)
    except Failure:
        return ()
