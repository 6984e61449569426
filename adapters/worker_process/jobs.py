"""Jobs in worker processes of this machine."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from adapters.worker_process.job_messages import Advanced, Do, Done, Summing
from adapters.worker_process.messages import Broke
from adapters.worker_process.patience import Patience
from adapters.worker_process.process import Bounds, Trade, Worker
from adapters.worker_process.telling import tell_walls
from ports.job_queue import JobWorker

Job = TypeVar("Job")
Progress = TypeVar("Progress")
Outcome = TypeVar("Outcome")


class JobProcesses(JobWorker[Job, Progress, Outcome]):
    """`module` is the worker's main, `timeout` how many seconds it may be silent.

    `progress` and `outcome` are the types of what it says, `arguments` what its main is given
    beside what every worker is. A worker tells ten times a second how far it is, as long as the
    code that it runs returns.
    """

    def __init__(
        self,
        module: str,
        trade: Trade,
        progress: type[Progress],
        outcome: type[Outcome],
        *,
        timeout: float,
        arguments: Sequence[str] = (),
        bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    ) -> None:
        self._module = module
        self._trade = trade
        self._said: Any = Advanced[progress] | Summing | Done[outcome] | Broke  # type: ignore[valid-type]
        self._patience = Patience(timeout)
        self._arguments = arguments
        self._bounds = bounds

    async def work(self, job: Job, on_progress: Callable[[Progress], Awaitable[None]]) -> Outcome:
        worker = await Worker[Any].spawn(
            *(self._module, self._said, self._trade),
            arguments=self._arguments,
            bounds=self._bounds,
        )
        try:
            worker.say([Do(job)])
            patience: Patience | None = self._patience
            tell_walls(self._trade.noun, self._trade.noun, await worker.walled(patience))
            while True:
                match await worker.hear(patience):
                    case Advanced(progress):
                        await on_progress(progress)
                    case Summing():
                        patience = None
                    case Done(outcome):
                        done: Outcome = outcome
                        return done
                    case said:
                        raise self._trade.broke_out_of_turn(said)
        finally:
            await worker.kill()
