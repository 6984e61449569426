"""What STRATEGY means on a command line: a name of the library, or a file of the author's own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest
from apps.cli.session import Session

Json = dict[str, Any]

STRATEGY_HELP = "A name of the library, or path/to/file.py:ClassName (the class where it has one)."


@dataclass(frozen=True)
class SourceFile:
    """A strategy in the author's own file. `class_name` is empty where the file has only one."""

    path: Path
    class_name: str

    @property
    def strategy_id(self) -> str:
        """Its name in the library: from the class, else from the file: `my-cross`."""
        return kebab(self.class_name or self.path.stem)

    def read(self) -> str:
        """Raises Failure (exit 3, or 4 where it is no text)."""
        try:
            return self.path.read_text("utf-8")
        except OSError as error:
            message = f"{self.path}: {error.strerror or 'cannot be read'}"
            raise Failure(ExitCode.NOT_FOUND, message, hint="trademesh strategy list") from error
        except UnicodeDecodeError as error:
            hint = "a Python file in UTF-8"
            raise Failure(ExitCode.INVALID, f"{self.path}: not UTF-8", hint=hint) from error


def kebab(name: str) -> str:
    """`rsi-mean-reversion` for `RSIMeanReversion` and for `rsi_mean_reversion`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def source_file(reference: str) -> SourceFile | None:
    """The file that a reference names, or None where it is a name of the library."""
    path, _, class_name = reference.partition(".py:")
    if class_name:
        return SourceFile(Path(f"{path}.py").expanduser(), class_name)
    return SourceFile(Path(reference).expanduser(), "") if reference.endswith(".py") else None


def push(session: Session, file: SourceFile, name: str | None, *, keep: bool = True) -> Json:
    """Sends the source and returns its version. Raises Failure: exit 4 with the line at fault.

    Where the derived name belongs to the house, `my-` is put before it.
    """
    try:
        return _push(session, file, name or file.strategy_id, keep)
    except Failure as failure:
        if failure.reason != "STRATEGY_BUILT_IN" or name:
            raise
    own = f"my-{file.strategy_id}"
    session.talk(f"{file.strategy_id} comes with the house; yours is called {own}")
    return _push(session, file, own, keep)


def chosen_strategy(session: Session, reference: str, name: str | None) -> Json:
    """`strategy_id` and, for a file that was pushed just now, `version_id`, for a request."""
    file = source_file(reference)
    if file is None:
        return {"strategy_id": reference}
    version = push(session, file, name)
    session.talk(f"{file.path} is {version['strategy_id']} {version['version_id'][:19]}…")
    return {"strategy_id": version["strategy_id"], "version_id": version["version_id"]}


@contextmanager
def suggesting(
    session: Session, *, strategy: str | None = None, instrument: str | None = None
) -> Iterator[None]:
    """Where a name is unknown, the failure's hint becomes the name that was probably meant."""
    try:
        yield
    except Failure as failure:
        near = None
        if failure.reason == "STRATEGY_NOT_FOUND" and strategy:
            near = nearest(strategy, strategy_names(session))
        elif failure.reason == "INSTRUMENT_NOT_FOUND" and instrument:
            near = nearest(instrument, instrument_names(session))
        if near:
            failure.hint = f"{near}; did you mean that? else {failure.hint}"
        raise


def strategy_names(session: Session) -> list[str]:
    found = session.listed("strategies.StrategyService/ListStrategies", {}, "strategies")
    return [strategy["strategy_id"] for strategy in found]


def instrument_names(session: Session) -> list[str]:
    found = session.listed("market_data.MarketDataService/ListInstruments", {}, "instruments")
    return [name for each in found for name in (each["symbol"], each["instrument_id"])]


def _push(session: Session, file: SourceFile, strategy_id: str, keep: bool) -> Json:
    request = {
        "strategy_id": strategy_id,
        "source": file.read(),
        "class_name": file.class_name,
        "validate_only": not keep,
        "request_id": session.request_id(f"push {strategy_id}"),
    }
    version: Json = session.call("strategies.StrategyService/PushStrategy", request)[
        "strategy_version"
    ]
    return version
