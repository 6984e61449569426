"""Strategy processes as worker processes of this machine."""

from collections.abc import Awaitable, Iterator, Sequence
from typing import TypeVar

from adapters.worker_process.messages import (
    Answer,
    Begin,
    Finish,
    Hear,
    History,
    Inspect,
    Inspected,
    News,
    Ready,
    Refused,
    Run,
    Said,
)
from adapters.worker_process.process import STRATEGY, Worker
from adapters.worker_process.words import Words
from domain.errors import InvalidRequest
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

MODULE = "adapters.worker_process.child.strategy"
ENTRIES_A_FRAME = 2_000
INPUTS_A_BATCH = 256
INSPECTION_SECONDS = 10.0  # somebody waits for the answer, and a call is given 30

Kind = TypeVar("Kind")


class WorkerProcesses(StrategyProcesses):
    """`timeout` is how many seconds a handler may take."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    async def inspect(self, source: str, class_name: str) -> Inspection:
        worker = await spawned("inspect")
        try:
            worker.say([Inspect(source, class_name)])
            said = await worker.hear(min(self._timeout, INSPECTION_SECONDS))
        except StrategyBroke as error:
            raise _does_not_import("STRATEGY_DOES_NOT_IMPORT", error.message, 0) from error
        finally:
            await worker.kill()
        if isinstance(said, Refused):
            raise _does_not_import(said.reason, said.message, said.line)
        return expect(said, Inspected).inspection

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        worker = await spawned(run_id)
        try:
            worker.say([Run(code, tuple(instruments))])
            expect(await worker.hear(self._timeout), Ready)
        except BaseException:
            await worker.kill()
            raise
        return RunProcess(worker, self._timeout, Words(run_id))


def spawned(name: str) -> Awaitable[Worker[Said]]:
    """A worker for one strategy, whose words are logged under the name."""
    return Worker[Said].spawn(MODULE, Said, name=name)


class RunProcess(StrategyProcess):
    """A strategy run in its worker."""

    def __init__(self, worker: Worker[Said], timeout: float, logged: Words) -> None:
        self.pid = worker.pid
        self._worker = worker
        self._timeout = timeout
        self._logged = logged  # a flood of prints drowns no line that was logged

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Wish]:
        answer = Answer()
        for first in range(0, len(inputs), INPUTS_A_BATCH):
            answer = await self._tell(inputs[first : first + INPUTS_A_BATCH])
        return answer.wishes

    async def finish(self) -> None:
        self._worker.say([Finish()])
        self._keep_log(expect(await self._worker.hear(self._timeout), Answer))
        await self._worker.kill()

    async def kill(self) -> None:
        await self._worker.kill()

    async def _tell(self, inputs: Sequence[RunInput]) -> Answer:
        self._worker.say([message for told in inputs for message in _messages(told)])
        answer = Answer()
        for _ in inputs:
            answer = expect(await self._worker.hear(self._timeout), Answer)
            self._keep_log(answer)
        return answer

    def _keep_log(self, answer: Answer) -> None:
        for ts, text in answer.log:
            self._logged.keep(text, ts)


def _messages(told: RunInput) -> Iterator[object]:
    """One input as messages, of which the last is answered."""
    news = History if told.bar is None else News
    for first in range(0, len(told.entries), ENTRIES_A_FRAME):
        yield news(told.entries[first : first + ENTRIES_A_FRAME])
    yield Begin(told.ts) if told.bar is None else Hear(told.bar)


def expect(said: object, kind: type[Kind]) -> Kind:
    if isinstance(said, kind):
        return said
    raise STRATEGY.broke_out_of_turn(said)


def _does_not_import(reason: str, message: str, line: int) -> InvalidRequest:
    facts = {"line": str(line)} if line else {}
    return InvalidRequest(message, reason=reason, violations={"source": message}, **facts)
