"""Jobs that ended otherwise than they should have."""

from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.words import state_in_words

Json = dict[str, Any]


def ended_badly(job: Json, hint: str) -> Failure:
    """A job that failed or was canceled: its own words, the author's line among them."""
    state = state_in_words(job["state"]).lower()
    first, *rest = (job.get("error_message") or f"it is {state}").splitlines()
    if job.get("error_reason") == "STRATEGY_RAISED":
        hint = f"mend that line of {job['strategy_id']}, then the same again"
    return Failure(
        ExitCode.FAILED, first, reason=job.get("error_reason", ""), hint=hint, details=tuple(rest)
    )
