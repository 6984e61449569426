"""What the TAB key offers where a name of the platform is wanted: best effort, and quick."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.main import get_command

from apps.cli.session import Session

WANTED = "_TRADEMESH_COMPLETE"  # set by the shell that asks
SECONDS = 1.0  # to ask the platform; then nothing is offered
MOST = 200

Offer = tuple[str, str]  # a value, and what is said of it


def words_typed() -> list[str]:
    """The command line so far, as the shells tell it."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return typed.split()


def complete(tree: typer.Typer) -> int:
    """Answers the shell: commands and options by themselves, names by asking the platform."""
    whole: Any = get_command(tree)
    for command in _leaves(whole):
        for parameter in command.params:
            if parameter.name in OFFERS:
                parameter._custom_shell_complete = _asker(OFFERS[parameter.name])  # noqa: SLF001
    whole(args=[], prog_name="trademesh", standalone_mode=False)
    return 0


def _leaves(command: Any) -> Iterable[Any]:
    for inner in getattr(command, "commands", {}).values():
        yield from _leaves(inner)
    if not hasattr(command, "commands"):
        yield command


def _asker(offers: Callable[[Session], Iterable[Offer]]) -> Callable[[Any, Any, str], list[Any]]:
    from typer._click.shell_completion import CompletionItem

    def ask(context: Any, _: Any, begun: str) -> list[Any]:
        given = context.params
        session = Session(
            quiet=True,
            timeout=SECONDS,
            given_address=given.get("address"),
            token_file=given.get("token_file"),
        )
        try:
            with session:
                found = [offer for offer in offers(session) if offer[0].startswith(begun)]
        except Exception:  # noqa: BLE001 - whatever is wrong, a TAB is no place to say it
            return []
        return [CompletionItem(value, help=words) for value, words in found[:MOST]]

    return ask


def _named(method: str, key: str, name: str, *words: str) -> Callable[[Session], Iterable[Offer]]:
    """What a list call of the API lists."""

    def offers(session: Session) -> Iterable[Offer]:
        for each in session.call(method, {"page_size": MOST})[key]:
            said = " ".join(str(each.get(word, "")) for word in words)
            yield each[name], said.replace("STATE_", "").strip()

    return offers


def _orders(session: Session) -> Iterable[Offer]:
    for account in session.call("orders.AccountService/ListAccounts", {"page_size": 20})[
        "accounts"
    ]:
        request = {"account_id": account["account_id"], "open_only": True, "page_size": MOST}
        for each in session.call("orders.OrderService/ListOrders", request)["orders"]:
            side = each["side"].removeprefix("SIDE_").lower()
            yield each["order_id"], f"{side} {each['quantity']} {each['instrument_id']}"


def _timeframes(_: Session) -> Iterable[Offer]:
    from domain.market_data.timeframe import TIMEFRAMES

    return [(name, "") for name in TIMEFRAMES]


def _settings(_: Session) -> Iterable[Offer]:
    from apps.settings import Settings

    return [(name, field.description or "") for name, field in Settings.model_fields.items()]


def _calls(_: Session) -> Iterable[Offer]:
    from apps.cli.methods import all_methods

    return [(method.name, method.rest) for method in all_methods()]


def _things(_: Session) -> Iterable[Offer]:
    from apps.cli.reference import resources, schema_of

    for name, schema in resources().items():
        yield name, ""
        yield from ((f"{name}.{field}", "") for field in schema_of(schema)["properties"])


def _commands(_: Session) -> Iterable[Offer]:
    from apps.cli.main import NOUNS, TOOLS

    return [*NOUNS.items(), *TOOLS.items()]


_instruments = _named(
    "market_data.MarketDataService/ListInstruments", "instruments", "instrument_id", "name"
)

# By the name of an argument or option, wherever it is.
OFFERS: dict[str, Callable[[Session], Iterable[Offer]]] = {
    "instrument": _instruments,
    "strategy": _named("strategies.StrategyService/ListStrategies", "strategies", "strategy_id"),
    "account": _named(
        "orders.AccountService/ListAccounts", "accounts", "account_id", "display_name"
    ),
    "run": _named(
        "strategies.RunService/ListRuns", "runs", "run_id", "strategy_id", "instrument_id", "state"
    ),
    "backtest": _named(
        "backtests.BacktestService/ListBacktests",
        *("backtests", "backtest_id", "strategy_id", "instrument_id", "state"),
    ),
    "order": _orders,
    "timeframe": _timeframes,
    "setting": _settings,
    "method": _calls,
    "thing": _things,
    "words": _commands,
}
