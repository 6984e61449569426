"""How a command is declared: a function of a `Session` and its own options.

The common options are added here, so that every command has them and no command lists them.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

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

_COMMON: dict[str, tuple[Any, Any]] = {
    "output": (Output, None),
    "as_json": (AsJson, False),
    "quiet": (Quiet, False),
    "timeout": (Timeout, 30.0),
    "request_id": (RequestId, None),
    "address": (Address, None),
    "token_file": (TokenFile, None),
}

Function = Callable[..., None]


def command(app: typer.Typer, name: str, *, example: str) -> Callable[[Function], Function]:
    """Registers `function(session, …)` as a command with the common options and an example."""

    def register(function: Function) -> Function:
        @wraps(function)
        def run(**given: Any) -> None:
            common = {option: given.pop(option) for option in _COMMON}
            with _session(**common) as session:
                function(session, **given)

        parameters = _parameters(function)
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name, help=help_with(example, function))(run)
        return function

    return register


def group() -> typer.Typer:
    """A noun: a group of commands. Its own help is a line of `main.py`."""
    return typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def _session(
    *,
    output: OutputFormat | None,
    as_json: bool,
    quiet: bool,
    timeout: float,
    request_id: str | None,
    address: str | None,
    token_file: Path | None,
) -> Session:
    return Session(
        output=OutputFormat.JSON if as_json else output,
        quiet=quiet,
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
