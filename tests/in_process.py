"""Strategy processes without processes: the worker's own code, called directly. Quick."""

from collections.abc import Sequence

from adapters.worker_process.child.running import Broken, Running
from adapters.worker_process.messages import Begin, Finish, Hear, History, News
from adapters.worker_process.messages import Run as RunTask
from domain.instruments import Instrument
from domain.orders.request import Wish
from ports.run_store import RunInput
from ports.strategy_process import (
    Inspection,
    StrategyBroke,
    StrategyCode,
    StrategyProcess,
    StrategyProcesses,
)


class InProcess(StrategyProcesses):
    """For runs only."""

    async def inspect(self, source: str, class_name: str) -> Inspection:
        raise NotImplementedError

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        return InProcessRun(Running(RunTask(code, tuple(instruments))))


class InProcessRun(StrategyProcess):
    """One run. After `kill` it is deaf, as a dead process would be."""

    def __init__(self, running: Running) -> None:
        self._running: Running | None = running

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Wish]:
        wishes: Sequence[Wish] = ()
        for told in inputs:
            self._take((History if told.bar is None else News)(told.entries))
            answer = self._take(Begin(told.ts) if told.bar is None else Hear(told.bar))
            wishes = answer.wishes
        return wishes

    async def finish(self) -> None:
        self._take(Finish())

    async def kill(self) -> None:
        self._running = None

    def _take(self, message):
        assert self._running is not None, "told after it was killed"
        try:
            return self._running.take(message)
        except Broken as broken:
            raise StrategyBroke(broken.said.message, reason=broken.said.reason) from broken
