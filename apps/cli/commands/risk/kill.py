"""`trademesh risk kill`, `unkill`, `switches`: everything stops, until a person says otherwise."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure, usage
from apps.cli.output.kill_views import KILL_SWITCH, in_words, show_switch, with_words
from apps.cli.progress import Detached
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "orders.KillSwitchService"
_SETTLED = {"STATE_VERIFIED", "STATE_RESIDUAL", "STATE_RELEASED"}


class Mode(StrEnum):
    """What a kill switch does."""

    HALT_NEW = "halt-new"
    CANCEL_ALL = "cancel-all"
    FLATTEN = "flatten"


@command(
    app,
    "kill",
    example=(
        "trademesh risk kill\n"
        "trademesh risk kill --mode flatten --follow\n"
        "trademesh risk kill --strategy sma-cross --mode cancel-all --reason 'odd fills'\n"
        "trademesh risk kill --mode cancel-all --offline"
    ),
    prints="orders.KillSwitch",
)
def kill(
    session: Session,
    mode: Annotated[
        Mode, typer.Option(help="Forbid new risk; cancel all orders too; close positions too.")
    ] = Mode.HALT_NEW,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only this account: acc_… or its name.")
    ] = None,
    strategy: Annotated[str, typer.Option(help="Only orders of runs of this strategy.")] = "",
    run: Annotated[str, typer.Option(help="Only orders of this run.")] = "",
    instrument: Annotated[
        str, typer.Option("--instrument", "-i", help="Only this instrument.")
    ] = "",
    everywhere: Annotated[
        bool, typer.Option("--global", help="Every tenant of the installation.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; kept with it.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait until nothing is left, or what is left is told.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="On the store itself: without platform or token.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="With --offline: else TRADEMESH_DATA_DIR, else this user's.")
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """Press the kill switch: no order that opens a position is sent any more. It asks nothing.

    It covers everything of yours, narrowed by each option, and stands until `risk unkill`. What
    only reduces passes, and so does every cancel. Exit 12 where a followed one leaves something.
    """
    if everywhere and (account or strategy or run or instrument):
        raise usage("--global covers everything", hint="leave out what narrows it")
    if offline and (dry_run or follow):
        raise usage("--offline does it and tells what is left", hint="leave out the other option")
    switch = {
        "mode": f"MODE_{mode.name}",
        "reason": reason,
        "strategy_id": strategy,
        "run_id": run,
        "instrument_id": instrument,
    }
    if offline:
        _press_offline(session, switch | {"account_id": account or ""}, data_dir, everywhere)
        return
    if account:
        switch["account_id"] = the_account(session, account)
    method = "PressGlobalKillSwitch" if everywhere else "PressKillSwitch"
    request = {"kill_switch": switch, "request_id": session.request_id(), "validate_only": dry_run}
    pressed = session.call(f"{_SERVICE}/{method}", request)["kill_switch"]
    if follow and not dry_run and mode is not Mode.HALT_NEW:
        pressed = _followed(session, pressed)
    _show_with_end(session, pressed)


@command(
    app,
    "unkill",
    example='trademesh risk unkill kill_… --reason "feed is back"',
    prints="orders.KillSwitch",
)
def unkill(
    session: Session,
    reason: Annotated[str, typer.Option(help="Why it may trade again; kept with the switch.")],
    switch: Annotated[
        str, typer.Argument(metavar="[SWITCH]", help="kill_…; else the only one engaged.")
    ] = "",
    dry_run: options.DryRun = False,
) -> None:
    """Release a kill switch: new risk passes again. Runs that it has paused stay paused."""
    found = _the_switch(session, switch)
    method = "ReleaseGlobalKillSwitch" if found["is_global"] else "ReleaseKillSwitch"
    request = {
        "kill_switch_id": found["kill_switch_id"],
        "reason": reason,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    show_switch(session, session.call(f"{_SERVICE}/{method}", request)["kill_switch"])


@command(
    app,
    "switches",
    example="trademesh risk switches\ntrademesh risk switches --all",
    prints="orders.KillSwitch[]",
)
def switches(
    session: Session,
    all_of_them: Annotated[bool, typer.Option("--all", help="Released ones too.")] = False,
    limit: options.Limit = 50,
) -> None:
    """List the kill switches that are engaged, newest first, with what is left to do."""
    asked = {"engaged_only": not all_of_them}
    page = session.call(f"{_SERVICE}/ListKillSwitches", asked | {"page_size": 1})
    if page["kill_file_present"]:
        session.talk("the file KILL in the data folder halts new risk too, until it is taken away")
    found = session.listed(f"{_SERVICE}/ListKillSwitches", asked, "kill_switches", limit)
    session.show([with_words(session, one) for one in found], KILL_SWITCH)


def _press_offline(session: Session, switch: Json, data_dir: Path | None, everywhere: bool) -> None:
    from google.protobuf.json_format import ParseDict

    from apps.cli.client import to_json
    from apps.cli.start import chosen_settings, to_failure
    from apps.containers.killing import press_by_hand
    from domain.errors import DomainError
    from trademesh.orders.v1 import kill_switch_pb2

    wanted = ParseDict(switch, kill_switch_pb2.KillSwitch())
    try:
        done = press_by_hand(chosen_settings(None, data_dir), wanted, is_global=everywhere)
    except DomainError as error:
        raise to_failure(error) from error
    except OSError as error:
        raise Failure(
            ExitCode.UNAVAILABLE,
            f"neither the store nor the file KILL can be written: {error}",
            reason="STORE_UNAVAILABLE",
            hint="end the platform's process, then cancel at the broker",
        ) from error
    if done.switch is None:
        raise Failure(
            ExitCode.PARTIAL,
            f"the store cannot be written ({done.why}): {done.file} halts all new risk instead",
            reason="KILL_FILE_PUT",
            hint="the same again once the store is back; take the file away to trade again",
        )
    if done.is_platform_running:
        session.talk("the platform runs: it halts from now on, and carries out the rest")
    _show_with_end(session, to_json(done.switch))


def _followed(session: Session, pressed: Json) -> Json:
    """The switch as soon as nothing more happens by itself. Ctrl-C raises Detached (exit 130)."""
    name, last = pressed["kill_switch_id"], ""
    try:
        for message in session.stream(f"{_SERVICE}/WatchKillSwitches", {}):
            engaged = (message.get("engaged") or {}).get("kill_switches", [])
            for switch in (*engaged, message.get("kill_switch") or {}):
                if switch.get("kill_switch_id") != name:
                    continue
                pressed = switch
                if switch["state"] != last:
                    last = switch["state"]
                    session.talk(in_words(last, "STATE_"))
                if last in _SETTLED:
                    return pressed
    except KeyboardInterrupt as interrupt:
        raise Detached(
            ExitCode.INTERRUPTED, "detached; it goes on", hint="trademesh risk switches"
        ) from interrupt
    return pressed


def _show_with_end(session: Session, switch: Json) -> None:
    """Raises Failure (exit 12) after showing one that leaves something."""
    show_switch(session, switch)
    if switch["state"] == "STATE_RESIDUAL":
        left = switch["residual_count"]
        raise Failure(
            ExitCode.PARTIAL,
            f"new risk is halted, and {left} thing{'' if left == 1 else 's'} left",
            reason="RESIDUAL",
            hint="trademesh risk switches: it is looked at again and again",
        )


def _the_switch(session: Session, name: str) -> Json:
    """The one of that name, or the only one that is engaged. Raises Failure."""
    if name:
        found: Json = session.call(f"{_SERVICE}/GetKillSwitch", {"kill_switch_id": name})
        switch: Json = found["kill_switch"]
        return switch
    engaged = session.listed(
        f"{_SERVICE}/ListKillSwitches", {"engaged_only": True}, "kill_switches", 10
    )
    if len(engaged) == 1:
        return engaged[0]
    if not engaged:
        raise Failure(
            ExitCode.NOT_FOUND,
            "no kill switch is engaged",
            reason="NOTHING_ENGAGED",
            hint="trademesh risk switches --all",
        )
    raise usage(
        "several kill switches are engaged: say which",
        hint=" or ".join(one["kill_switch_id"] for one in engaged[:3]),
    )
