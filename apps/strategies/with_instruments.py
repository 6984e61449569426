"""Strategy processes that know every instrument before an event of the account names it.

A run trades one instrument; its account may hold others, bought by clients or by runs before it.
"""

from collections.abc import Sequence

from domain.instruments import Instrument
from ports.instrument_store import InstrumentStore
from ports.order_desk import named_in
from ports.run_store import RunInput
from ports.strategy_process import (
    Inspection,
    Reply,
    StrategyCode,
    StrategyProcess,
    StrategyProcesses,
)


class WithInstruments(StrategyProcesses):
    """Looks up in `instruments` what the processes are about to hear of."""

    def __init__(self, processes: StrategyProcesses, instruments: InstrumentStore) -> None:
        self._processes = processes
        self._instruments = instruments

    async def inspect(self, source: str, class_name: str) -> Inspection:
        return await self._processes.inspect(source, class_name)

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        process = await self._processes.start(run_id, code, instruments)
        return _Knowing(process, self._instruments, {one.instrument_id for one in instruments})


class _Knowing(StrategyProcess):
    def __init__(
        self, process: StrategyProcess, instruments: InstrumentStore, known: set[str]
    ) -> None:
        self._process = process
        self._instruments = instruments
        self._known = known

    async def know(self, instruments: Sequence[Instrument]) -> None:
        self._known.update(one.instrument_id for one in instruments)
        await self._process.know(instruments)

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        named = {name for told in inputs for name in named_in(told.entries)}
        if new := sorted(named - self._known):
            await self.know([await self._instruments.get(name) for name in new])
        return await self._process.tell(inputs)

    async def finish(self) -> Reply:
        return await self._process.finish()

    async def kill(self) -> None:
        await self._process.kill()
