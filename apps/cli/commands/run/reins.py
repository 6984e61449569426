"""`trademesh run pause`, `resume`, `stop` and `flatten`: a run is held back or ended."""

from typing import Any

from apps.cli import options
from apps.cli.agreement import call_if_agreed
from apps.cli.command import command, group
from apps.cli.consequences import cancels, sentence, trades
from apps.cli.output.views import ORDER, RUN
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "strategies.RunService"


@command(app, "pause", example="trademesh run pause run_…", prints="strategies.Run")
def pause(session: Session, run: options.RunId, dry_run: options.DryRun = False) -> None:
    """Pause a run: it hears the market, its orders stay, and it may only reduce what it holds."""
    _show(session, "PauseRun", run, dry_run=dry_run)


@command(app, "resume", example="trademesh run resume run_…", prints="strategies.Run")
def resume(session: Session, run: options.RunId, dry_run: options.DryRun = False) -> None:
    """Let a paused run trade as before."""
    _show(session, "ResumeRun", run, dry_run=dry_run)


@command(app, "stop", example="trademesh run stop run_… --yes", prints="strategies.Run")
def stop(
    session: Session,
    run: options.RunId,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Stop a run for good. Its orders that can still trade are canceled, its position stays.

    Says what that means and asks, unless --yes.
    """
    stopped = call_if_agreed(
        session,
        f"{_SERVICE}/StopRun",
        {"run_id": run},
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: _of_stopping(session, would["run"]),
    )
    session.show(stopped["run"], RUN)


@command(
    app,
    "flatten",
    example="trademesh run flatten run_… --dry-run\ntrademesh run flatten run_… --yes",
    prints="strategies.FlattenRunResponse",
)
def flatten(
    session: Session,
    run: options.RunId,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Pause a run, cancel its orders and close what it holds at the market. It stays paused.

    Says what that means and asks, unless --yes.
    """
    flattened = call_if_agreed(
        session,
        f"{_SERVICE}/FlattenRun",
        {"run_id": run},
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: sentence(
            f"pauses {run}",
            cancels(would["canceled_orders"]),
            *trades(session, would["run"]["account_id"], would["orders"]),
        ),
    )
    if session.is_for_people and not session.fields:
        session.show(flattened["run"], RUN)
        if orders := flattened["orders"] + flattened["canceled_orders"]:
            print()
            session.show(orders, ORDER)
    else:
        session.show(flattened, RUN)


def _show(session: Session, method: str, run: str, *, dry_run: bool) -> None:
    request = {"run_id": run, "request_id": session.request_id(), "validate_only": dry_run}
    session.show(session.call(f"{_SERVICE}/{method}", request)["run"], RUN)


def _of_stopping(session: Session, run: Json) -> str:
    asked = {"account_id": run["account_id"], "run_id": run["run_id"], "open_only": True}
    orders = session.listed("orders.OrderService/ListOrders", asked, "orders")
    return sentence(f"stops {run['run_id']} for good", cancels(orders), "its position stays")
