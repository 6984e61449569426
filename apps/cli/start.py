"""Starting the platform from the command line."""

import asyncio
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import hint_for
from apps.settings import Settings
from domain.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    InvalidRequest,
    NotAllowedNow,
    NotFound,
    QuotaExceeded,
    Unavailable,
)

EXIT_CODES: dict[type[DomainError], ExitCode] = {
    InvalidRequest: ExitCode.INVALID,
    NotFound: ExitCode.NOT_FOUND,
    AlreadyExists: ExitCode.CONFLICT,
    Conflict: ExitCode.CONFLICT,
    NotAllowedNow: ExitCode.NOT_ALLOWED_NOW,
    QuotaExceeded: ExitCode.QUOTA,
    Unavailable: ExitCode.UNAVAILABLE,
}


def start(port: int | None, data_dir: Path | None, *, headless: bool, demo: bool) -> None:
    """Serves until SIGINT or SIGTERM. Raises Failure for what keeps the platform from starting."""
    settings = chosen_settings(port, data_dir)
    from apps.platform.shows import HeadlessShow, Show, TerminalShow
    from apps.platform.up import up

    show: Show = HeadlessShow() if headless else TerminalShow()
    try:
        asyncio.run(up(settings, show, demo=demo))
    except DomainError as error:
        raise to_failure(error) from error


def to_failure(error: DomainError) -> Failure:
    """Our own refusal, as the command line shows it."""
    kinds = (code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    exit_code = next(kinds, ExitCode.UNEXPECTED)
    return Failure(
        exit_code,
        error.message,
        reason=error.reason,
        hint=hint_for(error.reason, exit_code),
        facts=error.facts,
    )


def chosen_settings(port: int | None, data_dir: Path | None) -> Settings:
    """What was said on the command line, in the environment and in the settings file.

    Raises Failure and `InvalidRequest` (both exit 4) INVALID_SETTING.
    """
    given: dict[str, Any] = {}
    if port is not None:
        given["port"] = port
    if data_dir is not None:
        given["data_dir"] = data_dir.expanduser().absolute()
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise _wrong_settings(*wrong) from error


def _wrong_settings(*wrong: str) -> Failure:
    return Failure(
        ExitCode.INVALID,
        "a setting is wrong",
        reason="INVALID_SETTING",
        details=wrong,
        hint=hint_for("INVALID_SETTING", ExitCode.INVALID),
    )
