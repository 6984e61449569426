"""`trademesh risk limits get`, `set`, `list` and `history`."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.command import command, group
from apps.cli.failure import usage
from apps.cli.output.risk_views import LIMIT_CHANGE, SCOPED_LIMITS, with_words
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "orders.RiskService"

OfAccount = Annotated[
    str | None, typer.Option("--account", "-a", help="Only orders in it: acc_… or its name.")
]
OfStrategy = Annotated[
    str | None, typer.Option("--strategy", help="Only orders of runs of this strategy.")
]
OfInstrument = Annotated[
    str | None, typer.Option("--instrument", "-i", help="Only orders in it: AAPL.XNAS.")
]


@command(
    app,
    "get",
    example="trademesh risk limits get\ntrademesh risk limits get --account practice",
    prints="orders.ScopedLimits",
)
def get(
    session: Session,
    account: OfAccount = None,
    strategy: OfStrategy = None,
    instrument: OfInstrument = None,
) -> None:
    """Print the limits of one scope: of everything, narrowed by each option."""
    _show(session, _got(session, _scope(session, account, strategy, instrument)))


@command(
    app,
    "set",
    example="trademesh risk limits set max_daily_loss=1000 max_gross_exposure_percent=50\n"
    "trademesh risk limits set -i GME.XNYS restricted=true\n"
    "trademesh risk limits set max_daily_loss=",
    prints="orders.ScopedLimits",
)
def set_limits(
    session: Session,
    limits: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE...", help="Those not named stay; without VALUE: none."),
    ],
    account: OfAccount = None,
    strategy: OfStrategy = None,
    instrument: OfInstrument = None,
    dry_run: options.DryRun = False,
) -> None:
    """Change limits of one scope. The next order is held to them; working orders stay."""
    changes = options.to_parameters(limits, "")
    scope = _scope(session, account, strategy, instrument)
    kept = _got(session, scope)
    request = {
        "risk_limits": scope
        | {"limits": _changed(kept.get("limits", {}), changes), "etag": kept["etag"]},
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    _show(session, session.call(f"{_SERVICE}/SetRiskLimits", request)["risk_limits"])


@command(
    app,
    "list",
    example="trademesh risk limits list\ntrademesh risk limits list --account practice",
    prints="orders.ScopedLimits[]",
)
def list_limits(session: Session, account: OfAccount = None, limit: options.Limit = 50) -> None:
    """List the scopes that have limits; with an account those that bind it."""
    request = {"account_id": the_account(session, account)} if account else {}
    found = session.listed(f"{_SERVICE}/ListRiskLimits", request, "risk_limits", limit)
    session.show([with_words(session, one) for one in found], SCOPED_LIMITS)


@command(
    app,
    "history",
    example="trademesh risk limits history --limit 5",
    prints="orders.RiskLimitChange[]",
)
def history(session: Session, limit: options.Limit = 50) -> None:
    """List who set which limits and when, newest first."""
    method = f"{_SERVICE}/ListRiskLimitChanges"
    found = session.listed(method, {}, "risk_limit_changes", limit)
    session.show([with_words(session, one) for one in found], LIMIT_CHANGE)


def _got(session: Session, scope: Json) -> Json:
    got: Json = session.call(f"{_SERVICE}/GetRiskLimits", scope)["risk_limits"]
    return got


def _show(session: Session, scoped: Json) -> None:
    session.show(with_words(session, scoped), SCOPED_LIMITS)


def _scope(
    session: Session, account: str | None, strategy: str | None, instrument: str | None
) -> Json:
    scope: Json = {}
    if account:
        scope["account_id"] = the_account(session, account)
    if strategy:
        scope["strategy_id"] = strategy
    if instrument:
        scope["instrument_id"] = instrument
    return scope


def _changed(limits: Json, changes: dict[str, str]) -> Json:
    """The limits with the changes; raises Failure (exit 2) for a name or value that cannot be."""
    kinds = {field.name: field.type for field in _fields()}
    changed = {name: value for name, value in limits.items() if value not in ("", None, False)}
    for name, text in changes.items():
        if name not in kinds:
            known = ", ".join(kinds)
            raise usage(f"{name}: no such limit", hint=f"one of {known}")
        changed.pop(name, None)
        if text:
            changed[name] = _value(name, text, kinds[name])
    return changed


def _fields() -> Any:
    from apps.cli.shapes import message_of

    return message_of("orders.Limits").fields


def _value(name: str, text: str, kind: int) -> Any:
    if kind == _BOOL:
        if text.lower() not in ("true", "false"):
            raise usage(f"{name}={text}: neither true nor false", hint=f"{name}=true")
        return text.lower() == "true"
    if kind == _INT32:
        if not text.isdecimal():
            raise usage(f"{name}={text}: no whole number", hint=f"{name}=10")
        return int(text)
    return text


_BOOL, _INT32 = 8, 5  # the numbers of descriptor.proto
