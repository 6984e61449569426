"""`trademesh strategy new`, `validate` and `push`: an author's file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure, usage
from apps.cli.output.views import VERSION, Column, View
from apps.cli.session import Session
from apps.cli.strategy_source import SourceFile, push, source_file

app = group()

File = Annotated[str, typer.Argument(metavar="FILE", help="path/to/file.py or …py:ClassName.")]

_NEW = View(
    "file",
    (
        Column("file", "file"),
        Column("class", "class_name"),
        Column("template", "template"),
        Column("then", "then"),
    ),
)


class Template(StrEnum):
    """What a new file begins with."""

    BLANK = "blank"
    CROSS = "cross"
    BREAKOUT = "breakout"
    REVERSION = "reversion"


@command(
    app,
    "new",
    example=(
        "trademesh strategy new my_cross.py\n"
        "trademesh strategy new my_breakout.py --template breakout"
    ),
)
def new(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: my_cross.py.")],
    template: Annotated[
        Template, typer.Option(case_sensitive=False, help="What it begins with.")
    ] = Template.CROSS,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the file instead of writing it.")
    ] = False,
) -> None:
    """Write a strategy that works, with comments, to begin with. Writes over nothing."""
    from apps.cli.templates import class_name_of, source_of

    if file.suffix != ".py":
        raise usage(f"{file}: a strategy is a Python file", hint=f"{file.with_suffix('.py')}")
    class_name = class_name_of(file)
    source = source_of(template, class_name)
    if dry_run:
        print(source, end="")
        return
    _write(file, source)
    then = f"trademesh backtest run {file} --instrument AAPL"
    written = {
        "file": str(file),
        "class_name": class_name,
        "template": template.value,
        "then": then,
    }
    session.show(written, _NEW)


@command(
    app,
    "validate",
    example="trademesh strategy validate my_cross.py:MyCross",
    prints="strategies.StrategyVersion",
)
def validate(session: Session, file: File) -> None:
    """Read and check a strategy file; keep nothing. Exit 13 where it finds a problem."""
    try:
        version = push(session, _file(file), None, keep=False)
    except Failure as failure:
        if failure.exit_code is ExitCode.INVALID:
            failure.exit_code = ExitCode.PROBLEMS_FOUND
        raise
    session.talk("no problems found")
    session.show(version, VERSION)


@command(
    app,
    "push",
    example="trademesh strategy push my_cross.py --name my-cross",
    prints="strategies.StrategyVersion",
)
def push_strategy(
    session: Session,
    file: File,
    name: options.Name = None,
    dry_run: options.DryRun = False,
) -> None:
    """Keep a strategy file in the library. The same source again is the same version."""
    session.show(push(session, _file(file), name, keep=not dry_run), VERSION)


def _file(reference: str) -> SourceFile:
    file = source_file(reference)
    if file is None:
        near = next(Path.cwd().glob("*.py"), Path("my_strategy.py"))
        raise usage(f"{reference}: not a Python file", hint=f"path/to/file.py, as {near.name}")
    return file


def _write(file: Path, source: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(source)
    except FileExistsError as error:
        raise Failure(
            ExitCode.CONFLICT,
            f"{file} is there already",
            reason="FILE_EXISTS",
            hint="another name: trademesh strategy new FILE",
        ) from error
    except OSError as error:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{file}: {error.strerror or 'cannot be written'}",
            reason="FILE_NOT_WRITABLE",
            hint="another FILE, in a folder that is there and that you may write to",
        ) from error
