"""Before something is destroyed: what would happen, and whether that is meant."""

import sys
from collections.abc import Callable
from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.session import Session

Json = dict[str, Any]


def call_if_agreed(
    session: Session,
    method: str,
    request: Json,
    *,
    dry_run: bool,
    yes: bool,
    consequence: Callable[[Json], str],
) -> Json:
    """The answer of a call that destroys something, once somebody agreed to what it does.

    `consequence` makes a sentence of what the platform says it would do; empty where that is
    nothing. `dry_run` returns that answer and does nothing, `yes` asks nobody. Raises Failure
    (exit 2) where nobody can be asked, or somebody said no.
    """
    would = request | {"validate_only": True, "request_id": session.request_id("dry run")}
    if dry_run:
        return session.call(method, would)
    if not yes and (words := consequence(session.call(method, would))):
        agree(session, words)
    return session.call(method, request | {"request_id": session.request_id()})


def agree(session: Session, consequence: str) -> None:
    """Raises Failure (exit 2) unless somebody at the terminal agrees."""
    if not session.may_ask:
        raise Failure(
            ExitCode.USAGE,
            f"this {consequence}; nobody can be asked whether that is meant",
            reason="NOT_CONFIRMED",
            hint="the same with --yes, or with --dry-run to see it only",
        )
    print(f"This {consequence}.\nGo on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Failure(
            ExitCode.USAGE, "nothing was done", reason="NOT_CONFIRMED", hint="y, or --yes"
        )
