"""`trademesh strategy diff`: what two sources differ in."""

import os
import sys
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.views import plain_view
from apps.cli.session import Session
from apps.cli.strategy_source import source_file

Json = dict[str, Any]

app = group()

_SERVICE = "strategies.StrategyService"
_COLOURS = {"+": "32", "-": "31", "@": "36"}
_DIFF = plain_view("diff", "from", "to", "equal")

Source = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="NAME, NAME@sha256:… or a file of yours.")
]


class _Text(NamedTuple):
    label: str
    source: str


@command(
    app,
    "diff",
    example=(
        "trademesh strategy diff my_cross.py\n"
        "trademesh strategy diff my-cross\n"
        "trademesh strategy diff my-cross@sha256:1f3a my-cross"
    ),
)
def diff(
    session: Session,
    strategy: Source,
    other: Annotated[
        str | None, typer.Argument(metavar="[OTHER]", help="The same; what it is held against.")
    ] = None,
    name: options.Name = None,
) -> None:
    """Print what changed from one source to another, as a unified diff.

    A file alone is held against its strategy in the library, a name alone against the version
    before. In a pipe it stays a diff, unless -o says otherwise.
    """
    if other is not None:
        old, new = _text(session, strategy), _text(session, other)
    elif (file := source_file(strategy)) is not None:
        old = _text(session, name or file.strategy_id)
        new = _text(session, strategy)
    else:
        old, new = _last_two(session, strategy)
    lines = list(_lines(old, new))
    if session.is_for_people or session.output is None:
        _print(lines)
        if not lines:
            session.talk("no difference")
    else:
        found = {"from": old.label, "to": new.label, "equal": not lines, "diff": "\n".join(lines)}
        session.show(found, _DIFF)


def _text(session: Session, reference: str) -> _Text:
    file = source_file(reference)
    if file is not None:
        return _Text(_shown(file.path), file.read())
    name, _, version = reference.partition("@")
    asked = {"strategy_id": name}
    if version:
        request = asked | {"version_id": version}
        found = session.call(f"{_SERVICE}/GetStrategyVersion", request)["strategy_version"]
    else:
        found = session.call(f"{_SERVICE}/GetStrategy", asked)["strategy"]["latest_version"]
    return _of_version(found)


def _last_two(session: Session, name: str) -> tuple[_Text, _Text]:
    asked = {"strategy_id": name, "page_size": 2}
    versions = session.call(f"{_SERVICE}/ListStrategyVersions", asked)["strategy_versions"]
    if len(versions) < 2:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{name} has one version only",
            reason="VERSION_NOT_FOUND",
            hint=f"a file of yours: trademesh strategy diff {name} my_file.py",
        )
    new, old = versions
    return _of_version(old), _of_version(new)


def _of_version(version: Json) -> _Text:
    return _Text(f"{version['strategy_id']}@{version['version_id'][:19]}", version["source"])


def _lines(old: _Text, new: _Text) -> Iterable[str]:
    return unified_diff(
        old.source.splitlines(), new.source.splitlines(), old.label, new.label, lineterm=""
    )


def _print(lines: Iterable[str]) -> None:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in lines:
        colour = _COLOURS.get(line[:1]) if coloured else None
        print(f"\033[{colour}m{line}\033[0m" if colour else line)


def _shown(path: Path) -> str:
    return path.name
