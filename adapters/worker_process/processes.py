"""Strategy processes as worker processes of this machine."""

from collections.abc import Awaitable, Iterator, Sequence
from typing import TypeVar

from adapters.worker_process.messages import (
    Answer,
    Begin,
    Change,
    Finish,
    Hear,
    History,
    Inspect,
    Inspected,
    Know,
    Mark,
    News,
    Ready,
    Refused,
    Run,
    Said,
    Told,
)
from adapters.worker_process.patience import Patience, for_a_handler, for_a_start
from adapters.worker_process.process import STRATEGY, Bounds, Worker
from adapters.worker_process.telling import tell_walls
from adapters.worker_process.wishes import Flooded, Forged, Wishes
from adapters.worker_process.words import Words
from domain.errors import InvalidRequest
from domain.instruments import Instrument
from domain.strategies.commands import SetParameters
from ports.run_store import RunInput
from ports.strategy_process import (
    Inspection,
    Reply,
    StrategyBroke,
    StrategyCode,
    StrategyProcess,
    StrategyProcesses,
)

MODULE = "adapters.worker_process.child.strategy"
ENTRIES_A_FRAME = 2_000
INPUTS_A_BATCH = 256
INSPECTION = Patience(10.0)  # somebody waits for the answer, and a call is given 30

Kind = TypeVar("Kind")


class WorkerProcesses(StrategyProcesses):
    """`timeout` is how many seconds of processor time a handler may use."""

    def __init__(self, timeout: float, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - frozen
        self._timeout = timeout
        self._bounds = bounds

    async def inspect(self, source: str, class_name: str) -> Inspection:
        worker = await spawned("inspect", self._bounds)
        try:
            worker.say([Inspect(source, class_name)])
            await _walled(worker, "inspect", INSPECTION)
            said = await worker.hear(INSPECTION)
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
        worker = await spawned(run_id, self._bounds)
        try:
            patience = for_a_start(self._timeout)
            worker.say([Run(code, tuple(instruments))])
            await _walled(worker, run_id, patience)
            expect(await worker.hear(patience), Ready)
        except BaseException:
            await worker.kill()
            raise
        return RunProcess(worker, self._timeout, Words(run_id))


async def _walled(worker: Worker[Said], name: str, patience: Patience) -> None:
    tell_walls(STRATEGY.noun, name, await worker.walled(patience))


def spawned(name: str, bounds: Bounds) -> Awaitable[Worker[Said]]:
    """A worker for one strategy, whose words are logged under the name."""
    return Worker[Said].spawn(MODULE, Said, name=name, bounds=bounds)


class RunProcess(StrategyProcess):
    """A strategy run in its worker."""

    def __init__(self, worker: Worker[Said], timeout: float, logged: Words) -> None:
        self.pid = worker.pid
        self._worker = worker
        self._logged = logged  # a flood of prints drowns no line that was logged
        self._wishes = Wishes()
        self._for_a_start = for_a_start(timeout)
        self._for_a_handler = for_a_handler(timeout)

    async def know(self, instruments: Sequence[Instrument]) -> None:
        self._worker.say([Know(tuple(instruments))])

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        replies: list[Reply] = []
        for first in range(0, len(inputs), INPUTS_A_BATCH):
            batch = inputs[first : first + INPUTS_A_BATCH]
            self._worker.say([message for told in batch for message in messages_of(told)])
            for told in batch:
                patience = self._for_a_start if told.is_start else self._for_a_handler
                replies.append(await self._reply(patience))
        return replies

    async def finish(self) -> Reply:
        self._worker.say([Finish()])
        reply = await self._reply(self._for_a_handler)
        await self._worker.kill()
        return reply

    async def kill(self) -> None:
        await self._worker.kill()

    async def _reply(self, patience: Patience) -> Reply:
        answer = expect(await self._worker.hear(patience), Answer)
        for ts, text in answer.log:
            self._logged.keep(text, ts)
        try:
            self._wishes.check(answer.wishes)
        except (Flooded, Forged) as error:
            await self._worker.kill()
            if isinstance(error, Flooded):
                raise STRATEGY.broke("FLOODED", str(error)) from None
            raise STRATEGY.broke(
                "PROCESS_ENDED", f"the strategy's process said what no strategy can wish: {error}"
            ) from None
        return Reply(answer.wishes, answer.log)


def messages_of(told: RunInput) -> Iterator[Told]:
    """One input as messages, of which the last is answered."""
    news = History if told.is_start else News
    for first in range(0, len(told.entries), ENTRIES_A_FRAME):
        yield news(told.entries[first : first + ENTRIES_A_FRAME])
    if told.bar is not None:
        yield Hear(told.bar)
    elif told.asked is None:
        yield Begin(told.ts)
    elif isinstance(told.asked.command, SetParameters):
        yield Change(told.asked.command.values)
    else:
        yield Mark()


def expect(said: object, kind: type[Kind]) -> Kind:
    if isinstance(said, kind):
        return said
    raise STRATEGY.broke_out_of_turn(said)


def _does_not_import(reason: str, message: str, line: int) -> InvalidRequest:
    facts = {"line": str(line)} if line else {}
    return InvalidRequest(message, reason=reason, violations={"source": message}, **facts)
