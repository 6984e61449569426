"""How a command is declared: a function of a `Session` and its own options.

The common options are added here, so that every command has them and no command lists them.
"""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from apps.cli.failure import Failure
from apps.cli.output.formats import OutputFormat
from apps.cli.session import Session

Output = Annotated[
    OutputFormat | None,
    typer.Option("--output", "-o", help="Form of the data: a table on a terminal, else json."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The same as -o json.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No talk on stderr but errors.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that one call may take.")]
RequestId = Annotated[
    str | None, typer.Option(help="A UUID of yours: repeating the command does nothing twice.")
]
Address = Annotated[
    str | None, typer.Option(help="HOST:PORT of the platform; else TRADEMESH_ADDRESS.")
]
TokenFile = Annotated[Path | None, typer.Option(help="Else TRADEMESH_TOKEN_FILE or the folder's.")]
Fields = Annotated[
    str | None, typer.Option(help="Only these fields of the data: state,statistics.sharpe.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say each call and how long it took.")
]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask; fail where one would.")]

_COMMON: dict[str, tuple[Any, Any]] = {
    "output": (Output, None),
    "as_json": (AsJson, False),
    "fields": (Fields, None),
    "quiet": (Quiet, False),
    "verbose": (Verbose, False),
    "no_input": (NoInput, False),
    "timeout": (Timeout, 30.0),
    "request_id": (RequestId, None),
    "address": (Address, None),
    "token_file": (TokenFile, None),
}

Function = Callable[..., None]


class Command(TyperCommand):
    """Takes a negative number for what it is: a value that somebody may judge, not an option."""

    _NEGATIVE = re.compile(r"-[.\d][\d.eE_]*")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if any(self._NEGATIVE.fullmatch(each) for each in args):
            ctx.ignore_unknown_options = True
        return super().parse_args(ctx, args)


def command(
    app: typer.Typer, name: str, *, example: str, prints: str = ""
) -> Callable[[Function], Function]:
    """Registers `function(session, …)` as a command with the common options and an example.

    `prints` is the shape of its JSON: `orders.Order` for one message, `orders.Order[]` for a list;
    empty where the shape is the command's own.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        def run(**given: Any) -> None:
            common = {option: given.pop(option) for option in _COMMON}
            with _session(prints=prints, **common) as session:
                _run(function, session, given)

        parameters = _parameters(function)
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        run.prints = prints  # type: ignore[attr-defined]
        app.command(name, cls=Command, help=help_with(example, function))(run)
        return function

    return register


def _run(function: Function, session: Session, given: dict[str, Any]) -> None:
    try:
        function(session, **given)
    except Failure as failure:
        from apps.cli.suggestions import suggest

        suggest(session, failure, given)
        raise


def group() -> typer.Typer:
    """A noun: a group of commands. Its own help is a line of `main.py`."""
    return typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def _session(
    *,
    output: OutputFormat | None,
    as_json: bool,
    fields: str | None,
    quiet: bool,
    verbose: bool,
    no_input: bool,
    prints: str,
    timeout: float,
    request_id: str | None,
    address: str | None,
    token_file: Path | None,
) -> Session:
    return Session(
        output=OutputFormat.JSON if as_json else output,
        fields=tuple(name.strip() for name in (fields or "").split(",") if name.strip()),
        quiet=quiet,
        verbose=verbose,
        no_input=no_input,
        prints=prints,
        timeout=timeout,
        given_request_id=request_id,
        given_address=address,
        token_file=token_file,
    )


def _parameters(function: Function) -> list[inspect.Parameter]:
    own = list(inspect.signature(function).parameters.values())[1:]
    common = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in _COMMON.items()
    ]
    return [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + common


def help_with(example: str, function: Function) -> str:
    """The docstring, then the example as it is typed."""
    lines = "\n".join(f"  {line}" for line in example.strip().splitlines())
    return f"{inspect.getdoc(function)}\n\n\b\nExample:\n{lines}"
