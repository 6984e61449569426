"""Which walls stand, in the platform's log."""

import structlog

from adapters.worker_process.walls.wall import Walls

log = structlog.get_logger("walls")

_told: set[tuple[str, tuple[str, ...]]] = set()


def tell_walls(noun: str, name: str, walls: Walls) -> None:
    """A line for each worker; a warning when this process first meets these missing walls.

    So a wall that could be built yesterday and cannot be built today shows at the next start.
    """
    facts = {"run": name, "standing": ", ".join(walls.standing), "missing": walls.missing}
    met = (noun, tuple(sorted(walls.missing)))
    if walls.missing and met not in _told:
        _told.add(met)
        log.warning("walls_missing", worker=noun, **facts)
    else:
        log.info("walls", worker=noun, **facts)
