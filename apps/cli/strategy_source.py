"""What STRATEGY means on a command line: a name of the library, or a file of the author's own."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
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


def chosen_strategy(
    session: Session, reference: str, name: str | None, *, keep: bool = True
) -> Json:
    """`strategy_id` and, for a file that was pushed just now, `version_id`, for a request.

    Without `keep` a file is only checked; its version may be one that the library does not have.
    """
    file = source_file(reference)
    if file is None:
        return {"strategy_id": reference}
    version = push(session, file, name, keep=keep)
    if keep:
        session.talk(f"{file.path} is {version['strategy_id']} {version['version_id'][:19]}…")
    return {"strategy_id": version["strategy_id"], "version_id": version["version_id"]}


def is_only_checked(failure: Failure, reference: str) -> bool:
    """A dry run with a file cannot go further: the library does not have that version."""
    unknown = failure.reason in {"STRATEGY_NOT_FOUND", "VERSION_NOT_FOUND"}
    return unknown and source_file(reference) is not None


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
