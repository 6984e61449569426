"""The entry point: builds the tree of commands, and turns what goes wrong into exit codes.

Nothing heavy is imported before it is needed: `trademesh --help` answers in a blink.
"""

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import typer
from typer.exceptions import TyperException

from apps.cli.commands import platform
from apps.cli.exits import MEANING, ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest
from apps.cli.session import Session
from domain.errors import DomainError

_EXIT_CODES = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANING.items())
_HELP = f"""Research, backtest and trade on one platform.

\b
Start here:
  trademesh up             the platform, with real data and a demo
  trademesh strategy list  what can be run
  trademesh backtest run sma-cross --instrument AAPL

\b
Data goes to stdout, talk to stderr. Exit codes:
{_EXIT_CODES}
"""


NOUNS = {
    "data": "See and import market data.",
    "strategy": "Keep strategies in the library.",
    "backtest": "Run strategies over history.",
    "run": "Start, watch, pause and stop strategies.",
    "order": "Place, list, change and cancel orders.",
    "position": "See and close what the accounts hold.",
    "account": "Open and see accounts.",
    "reconciliation": "Compare accounts with their broker; settle what differs.",
    "risk": "Limit what orders may do, and see what stops them.",
    "report": "Say what happened, and why it was not the same twice.",
    "api": "Make any call of the API.",
    "config": "See and change settings.",
    "admin": "Back up, restore and migrate the data folder.",
}
TOOLS = {
    "doctor": "Find what is wrong, and say how to mend it.",
    "top": "Watch accounts, positions, orders and runs, full screen.",
    "explain": "Say what a thing of the API, or a field of it, means.",
    "schema": "Print the JSON Schema of what a command prints.",
    "completion": "Print the script that completes commands in a shell.",
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The tree of commands. Only the noun that the arguments name gets its verbs: each group costs
    the start some milliseconds."""
    app = typer.Typer(
        help=_HELP, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False
    )
    platform.register(app)
    for noun, help_text in NOUNS.items():
        app.add_typer(
            _verbs_of(noun) if noun in arguments else typer.Typer(),
            name=noun,
            help=help_text,
        )
    for tool, help_text in TOOLS.items():
        if tool in arguments:
            import_module(f"apps.cli.commands.{tool}").register(app)
        else:
            app.command(tool, help=help_text)(_unnamed)
    return app


def whole_tree() -> typer.Typer:
    """With every command in it, whatever was typed."""
    return build([*NOUNS, *TOOLS])


def _unnamed() -> None:
    """Stands for a tool in the list of commands; who names the tool gets the tool."""


def _verbs_of(noun: str) -> typer.Typer:
    verbs: typer.Typer = import_module(f"apps.cli.commands.{noun}").app
    return verbs


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and leaves with its exit code."""
    code = run_command(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our data left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if code == ExitCode.INTERRUPTED:  # at once: what was interrupted may never end by itself
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Runs one command, reports what went wrong on stderr, and returns the exit code."""
    arguments = _with_verb(sys.argv[1:] if arguments is None else list(arguments))
    try:
        if arguments == ["version"]:
            platform.version(Session())  # no options: half the start saved
            return ExitCode.OK
        if "_TRADEMESH_COMPLETE" in os.environ:
            from apps.cli.completing import complete, words_typed

            return complete(build(words_typed()))
        tree = build(arguments)
        code = tree(args=arguments, prog_name="trademesh", standalone_mode=False)
    except Failure as failure:
        return _report(failure.lines(), failure.exit_code)
    except TyperException as error:
        return _report_usage(error)
    except DomainError as error:
        from apps.cli.start import to_failure

        refused = to_failure(error)
        return _report(refused.lines(), refused.exit_code)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last wall: what nobody foresaw is exit 1
        return _report_unforeseen(error)
    return code if isinstance(code, int) else ExitCode.OK


def _with_verb(arguments: list[str]) -> list[str]:
    """`account` alone, or with options only, shows the one account."""
    noun, *rest = arguments or [""]
    alone = noun == "account" and all(each.startswith("-") for each in rest[:1])
    return [noun, "show", *rest] if alone and "--help" not in rest[:1] else arguments


def _report_unforeseen(error: Exception) -> int:
    import traceback

    traceback.print_exception(error)
    lines = [f"error: unforeseen: {error}", "try: the same again; if it stays, report these lines"]
    return _report(lines, ExitCode.UNEXPECTED)


def _report_usage(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "trademesh"
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Usage:"):  # a group without a command: its help is the answer
        print(message, file=sys.stderr)
        return ExitCode.USAGE
    hint = _nearest_value(message) or _nearest_name(message, path) or f"{path} --help"
    return _report([f"error: {message}", f"try: {hint}"], ExitCode.USAGE)


def _nearest_value(message: str) -> str | None:
    """The value that was probably meant, where an option takes only some."""
    found = re.search(r"'([^']*)' is not one of (.*)\.", message)
    return nearest(found[1], re.findall(r"'(.*?)'", found[2])) if found else None


def _nearest_name(message: str, path: str) -> str | None:
    """The command or option that was probably meant, as the parser says it."""
    if found := re.search(r"Did you mean '([^']*)'", message):
        return f"{path} {found[1]}"
    found = re.search(r"Possible options: ([^,)]*)", message)
    return found[1] if found else None


def _report(lines: Sequence[str], code: int) -> int:
    for line in lines:
        print(_coloured(line), file=sys.stderr)
    return code


def _coloured(line: str) -> str:
    head, colon, rest = line.partition(":")
    colour = {"error": "1;31", "try": "1;36"}.get(head)
    if not colour or not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        return line
    return f"\033[{colour}m{head}{colon}\033[0m{rest}"
