"""`trademesh strategy`: the library."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import usage
from apps.cli.output.views import STRATEGY, VERSION
from apps.cli.session import Session
from apps.cli.strategy_source import SourceFile, push, source_file, suggesting

app = group()

_SERVICE = "strategies.StrategyService"

File = Annotated[str, typer.Argument(metavar="FILE", help="path/to/file.py or …py:ClassName.")]


@command(app, "list", example="trademesh strategy list -o name")
def list_strategies(session: Session, limit: options.Limit = 50) -> None:
    """List the strategies of the library with their parameters, by name."""
    found = session.listed(f"{_SERVICE}/ListStrategies", {}, "strategies", limit)
    session.show(found, STRATEGY)


@command(app, "show", example="trademesh strategy show sma-cross")
def show(
    session: Session,
    strategy: Annotated[str, typer.Argument(metavar="STRATEGY", help="Its name: sma-cross.")],
    source: Annotated[bool, typer.Option("--source", help="Print its Python source.")] = False,
) -> None:
    """Print one strategy: its parameters, or its source."""
    with suggesting(session, strategy=strategy):
        request = {"strategy_id": strategy}
        found = session.call(f"{_SERVICE}/GetStrategy", request)["strategy"]
    if source:
        print(found["latest_version"]["source"], end="")
    else:
        session.show(found, STRATEGY)


@command(app, "validate", example="trademesh strategy validate my_cross.py:MyCross")
def validate(session: Session, file: File) -> None:
    """Read and check a strategy file; keep nothing. Exit 13 where it finds a problem."""
    from apps.cli.failure import Failure

    try:
        version = push(session, _file(file), None, keep=False)
    except Failure as failure:
        if failure.exit_code is ExitCode.INVALID:
            failure.exit_code = ExitCode.PROBLEMS_FOUND
        raise
    session.talk("no problems found")
    session.show(version, VERSION)


@command(app, "push", example="trademesh strategy push my_cross.py --name my-cross")
def push_strategy(session: Session, file: File, name: options.Name = None) -> None:
    """Keep a strategy file in the library. The same source again is the same version."""
    session.show(push(session, _file(file), name), VERSION)


def _file(reference: str) -> SourceFile:
    file = source_file(reference)
    if file is None:
        near = next(Path.cwd().glob("*.py"), Path("my_strategy.py"))
        raise usage(f"{reference}: not a Python file", hint=f"path/to/file.py, as {near.name}")
    return file
