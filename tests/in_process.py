"""Strategy processes without processes: the worker's own code, called directly. Quick."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from adapters.worker_process.child.running import Broken, Running
from adapters.worker_process.messages import Answer, Finish, Know
from adapters.worker_process.messages import Run as RunTask
from adapters.worker_process.process import STRATEGY
from adapters.worker_process.processes import messages_of
from domain.instruments import Instrument
from ports.run_store import RunInput
from ports.strategy_process import (
    Inspection,
    Reply,
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
        return InProcessRun(running(code, instruments))


def running(code: StrategyCode, instruments: Sequence[Instrument]) -> Running:
    """The worker's own code. Raises StrategyBroke."""
    try:
        return Running(RunTask(code, tuple(instruments)))
    except Broken as broken:
        raise STRATEGY.fell(broken.said) from broken


class InProcessRun(StrategyProcess):
    """One run. After `kill` it is deaf, as a dead process would be."""

    def __init__(self, running: Running) -> None:
        self._running: Running | None = running

    async def know(self, instruments: Sequence[Instrument]) -> None:
        self._take(Know(tuple(instruments)))

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        replies = []
        for told in inputs:
            *_, answer = [self._take(message) for message in messages_of(told)]
            replies.append(Reply(answer.wishes, answer.log))
        return replies

    async def finish(self) -> Reply:
        answer: Answer = self._take(Finish())
        return Reply(answer.wishes, answer.log)

    async def kill(self) -> None:
        self._running = None

    def _take(self, message):
        assert self._running is not None, "told after it was killed"
        try:
            return self._running.take(message)
        except Broken as broken:
            raise STRATEGY.fell(broken.said) from broken


class Interrupted(InProcess):
    """Something happens while the strategy thinks about its n-th bar, whenever it is told of it."""

    def __init__(self, happens: Mapping[int, Callable[[], Awaitable[object]]]) -> None:
        self._happens = happens

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        return InterruptedRun(running(code, instruments), self._happens)


class InterruptedRun(InProcessRun):
    """One run that is interrupted."""

    def __init__(
        self, running: Running, happens: Mapping[int, Callable[[], Awaitable[object]]]
    ) -> None:
        super().__init__(running)
        self._happens = happens
        self._bars = 0

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        replies = list(await super().tell(inputs))
        for told in inputs:
            self._bars += told.bar is not None
            if told.bar is not None and self._bars in self._happens:
                await self._happens[self._bars]()
        return replies
