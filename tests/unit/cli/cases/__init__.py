"""A case for every command: how it succeeds, and how it is most likely refused.

`test_commands.py` walks the tree of commands and fails where one has no case. A module here holds
`CASES`, by the command's full name.
"""

import pkgutil
from importlib import import_module

from tests.unit.cli.cases.case import Case


def all_cases() -> dict[str, Case]:
    """Of every module in this folder."""
    found: dict[str, Case] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        found |= getattr(import_module(module.name), "CASES", {})
    return found
