"""Which walls stand around an author's code on this machine: found out by building them."""

from adapters.worker_process.messages import Inspect
from adapters.worker_process.patience import Patience
from adapters.worker_process.process import Bounds
from adapters.worker_process.processes import spawned
from adapters.worker_process.walls.wall import Walls
from apps.settings import Settings

PATIENCE = Patience(30.0)


async def walls_here(settings: Settings) -> Walls:
    """Those of a strategy's process, which is started for it. Raises DomainError."""
    worker = await spawned("doctor", Bounds(user=settings.strategy_user))
    try:
        worker.say([Inspect("", "")])
        return await worker.walled(PATIENCE)
    finally:
        await worker.kill()
