"""`--dry-run` of what starts a strategy: everything is checked, nothing is kept."""

from typing import Any

from apps.cli.failure import Failure
from apps.cli.session import Session
from apps.cli.strategy_source import is_only_checked

Json = dict[str, Any]


def checked_backtest(session: Session, strategy: str, backtest: Json) -> Json:
    """The backtest as it would be. Raises Failure for everything that it would trip over.

    Of a file that the library does not have only the file is checked, and that is said.
    """
    request = {
        "backtest": backtest,
        "request_id": session.request_id("check"),
        "validate_only": True,
    }
    try:
        created: Json = session.call("backtests.BacktestService/CreateBacktest", request)
    except Failure as failure:
        if not is_only_checked(failure, strategy):
            raise
        session.talk("the file is good; the rest is checked once the library has it")
        return as_it_would_be("backtests.Backtest", backtest)
    return created["backtest"]  # type: ignore[no-any-return]


def check_run(session: Session, strategy: str, run: Json, cash: str) -> Json:
    """The run as it would be in a new account.

    A backtest of the same terms is checked in the same way, and needs no account.
    """
    replay = {key: value for key, value in run["replay"].items() if key != "bars_per_second"}
    terms = {key: value for key, value in run.items() if key not in {"replay", "account_id"}}
    checked_backtest(session, strategy, terms | replay | {"cash": cash})
    return as_it_would_be("strategies.Run", run)


def as_it_would_be(prints: str, thing: Json) -> Json:
    """A request's own words in the shape of an answer."""
    from google.protobuf.json_format import ParseDict
    from google.protobuf.message_factory import GetMessageClass

    from apps.cli.client import to_json
    from apps.cli.shapes import message_of

    return to_json(ParseDict(thing, GetMessageClass(message_of(prints))()))
