"""Every command there is, found by walking the tree."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from apps.cli.main import whole_tree


def commands() -> Iterator[tuple[str, Any]]:
    """`("order submit", its command)`, groups inside groups too."""
    yield from _leaves(get_command(whole_tree()), "")


def _leaves(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


ALL = dict(commands())
