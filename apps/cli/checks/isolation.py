"""What keeps a strategy in: the walls around its process."""

import asyncio
from collections.abc import Iterator

from apps.cli.checks.finding import Finding, note, ok, problem
from apps.settings import Settings
from domain.errors import DomainError


def check_walls(settings: Settings) -> Iterator[Finding]:
    """All of them stand, or some cannot be built here; it is found out by building them."""
    from apps.containers.isolation import walls_here

    try:
        walls = asyncio.run(walls_here(settings))
    except DomainError as error:
        yield problem("isolation", f"no strategy can start: {error.message}", "trademesh doctor")
        return
    standing = ", ".join(walls.standing)
    if walls.missing:
        missing = "; ".join(f"{name}: {why}" for name, why in walls.missing.items())
        yield note("isolation", f"{standing}. Not here: {missing}", "docs/strategy-isolation.md")
    else:
        yield ok("isolation", standing)
