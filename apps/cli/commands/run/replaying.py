"""`trademesh run replay`: does a recorded run decide the same again?"""

from typing import Any

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.report_views import REPLAY
from apps.cli.output.words import state_in_words, time_in_words
from apps.cli.progress import Step, progress_bar
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_METHOD = "strategies.RunService/ReplayRun"
_EQUAL = "VERDICT_EQUAL"


@command(app, "replay", example="trademesh run replay run_…", prints="strategies.RunReplay")
def replay(session: Session, run: options.RunId) -> None:
    """Tell a recorded run again to a new process, and compare every decision, hash for hash.

    Nothing is sent and nothing changes. Ctrl-C cancels it. Exit 13 where a decision differs, where
    the strategy is not deterministic, or where the account's books are not what its log makes.
    """
    found = _replayed(session, run)
    session.show(found, REPLAY)
    if found["verdict"] != _EQUAL:
        raise _differs(found)
    if found["account_hash"] != found["replayed_account_hash"]:
        raise Failure(
            ExitCode.PROBLEMS_FOUND,
            "the decisions are equal, but the account is not what its log makes of it",
            hint="trademesh doctor",
        )


def _replayed(session: Session, run: str) -> Json:
    with progress_bar(session, "bars") as show:
        for message in session.stream(_METHOD, {"run_id": run}):
            if "replay" in message:
                found: Json = message["replay"]
                return found
            show(_step(message["progress"]))
    raise Failure(
        ExitCode.UNEXPECTED, f"{_METHOD} ended without a word", hint=f"trademesh run replay {run}"
    )


def _step(progress: Json) -> Step:
    market_time = progress.get("market_time")
    return Step(
        int(progress["bar_count"]),
        int(progress["total_bar_count"]),
        time_in_words(market_time)[:10] if market_time else "",
    )


def _differs(found: Json) -> Failure:
    difference = found.get("difference") or {}
    verdict = state_in_words(found["verdict"]).lower()
    at = time_in_words(difference["market_time"]) if "market_time" in difference else "?"
    hint = "let it ask ctx.time and a seeded generator instead of a clock and random"
    if found["verdict"] != "VERDICT_NOT_DETERMINISTIC":
        hint = f"trademesh run logs {found['run_id']}"
    return Failure(
        ExitCode.PROBLEMS_FOUND,
        f"{verdict}: the first difference is at input {difference.get('input_number')}, {at}",
        hint=hint,
        details=(
            f"recorded  {_in_words(difference.get('recorded'))}",
            f"replayed  {_in_words(difference.get('replayed'))}",
        ),
    )


def _in_words(decision: Json | None) -> str:
    if not decision:
        return "nothing"
    if failure := decision["failure"]:
        return f"broke: {failure}"
    if decision["is_cancel"]:
        number = int(decision["order_number"])
        return f"cancel order {number}" if number else f"cancel request {decision['request']}"
    parts = [
        state_in_words(decision["side"]),
        decision["quantity"],
        decision["instrument_id"],
        state_in_words(decision["order_type"]),
    ]
    parts += [f"{name} {decision[field]}" for name, field in _PRICES if decision.get(field)]
    if decision["denial_reason"]:
        parts.append(f"denied {decision['denial_reason']}")
    return f"request {decision['request']}: {' '.join(parts)}"


_PRICES = (("limit", "limit_price"), ("stop", "stop_price"))
