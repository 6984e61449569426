"""One pass of a recorded run: told to a new process, decided again by a fresh account."""

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec

from domain.instruments import Instrument
from domain.orders.events import Event
from domain.orders.request import Wish
from domain.orders.risk import RiskLimits
from domain.strategies.commands import Flatten, Pause, Resume
from domain.strategies.decisions import Difference, Place
from domain.strategies.replay import Pending, Redeciding
from domain.strategies.run import Run, RunState
from ports.account_store import AccountStore
from ports.instrument_store import InstrumentStore
from ports.order_desk import AccountEntry, named_in
from ports.run_store import RunInput, RunStore
from ports.strategy_process import StrategyBroke, StrategyProcess

PAGE = 1_000
TELL_EVERY = 500  # inputs between two words of progress
RAISED = StrategyBroke.default_reason

_pack = msgspec.msgpack.encode


class Instruments(dict[str, Instrument]):
    """The instruments that an account's log names, looked up as they come."""

    def __init__(self, store: InstrumentStore) -> None:
        super().__init__()
        self._store = store

    async def learn(self, entries: Sequence[AccountEntry]) -> list[tuple[str, Event]]:
        """Each entry with its run, every instrument in them known. Raises NotFound."""
        for instrument_id in named_in(entries):
            if instrument_id not in self:
                self[instrument_id] = await self._store.get(instrument_id)
        return [(entry.run_id, entry.event) for entry in entries]


class Telling:
    """A strategy process that is told a run's inputs, and a hash over all that it answered."""

    def __init__(self, process: StrategyProcess, runs: RunStore, run: Run) -> None:
        self._process = process
        self._runs = runs
        self._run = run
        self._answers = hashlib.sha256()
        self.seq = 0
        """The last input that it was told."""

    @property
    def digest(self) -> str:
        """Equal for two processes that answered the same to the same."""
        return self._answers.hexdigest()

    async def inputs(self) -> AsyncIterator[RunInput]:
        """What is kept of the run and was not told yet, in order."""
        after = self.seq
        while page := await self._runs.inputs(
            self._run.tenant, self._run.run_id, after=after, limit=PAGE
        ):
            for told in page:
                yield told
            after = page[-1].seq

    async def tell(self, told: RunInput) -> tuple[Sequence[Wish], str]:
        """What the strategy wishes for, and why it broke: empty unless its code raised.

        Raises StrategyBroke where it ended by something that is no decision of its own.
        """
        self.seq = told.seq
        try:
            [reply] = await self._process.tell([told])
        except StrategyBroke as broke:
            failure = raised(broke)
            self._answers.update(_pack((told.seq, failure)))
            return (), failure
        self._answers.update(_pack((told.seq, reply.wishes)))
        return reply.wishes, ""

    async def finish(self) -> str:
        """Why it broke at its good-bye; empty when it did not. Raises StrategyBroke as `tell`."""
        try:
            await self._process.finish()
        except StrategyBroke as broke:
            return raised(broke)
        return ""

    async def tell_on(self, until: int | None = None) -> None:
        """Tells what is left, or up to that input; a strategy that broke hears no more."""
        async for told in self.inputs():
            if until is not None and told.seq > until:
                return
            _, failure = await self.tell(told)
            if failure:
                return


class Retelling:
    """A pass in the making. Iterate over it to its end, then ask for what came out."""

    def __init__(
        self,
        run: Run,
        telling: Telling,
        accounts: AccountStore,
        instruments: Instruments,
        limits: RiskLimits,
    ) -> None:
        self.difference: Difference | None = None
        self.failure = ""
        """Why the strategy broke; empty when it did not."""
        self.bar_count = 0
        self.place = Place(0, 0)
        self._run = run
        self._telling = telling
        self._accounts = accounts
        self._instruments = instruments
        self._core = Redeciding(run.run_id, instruments, limits)
        self._pending: Pending | None = None
        self._wishes: Sequence[Wish] = ()
        self._decided_at = self.place
        self._version = 0
        self._may_only_reduce = False
        self.hashes = self._core.hashes

    async def steps(self) -> AsyncGenerator[int, None]:
        """Goes through the run; yields the count of bars now and then."""
        async for told in self._telling.inputs():
            if not await self._catch_up(told):
                return
            wishes, self.failure = await self._telling.tell(told)
            if self.failure:
                break
            self._remember(told, wishes)
            if told.seq % TELL_EVERY == 0:
                yield self.bar_count
        yield self.bar_count
        if not self.failure:
            await self._follow_the_rest()
        if self.difference is None and self.place.seq:
            await self._end()

    async def _catch_up(self, told: RunInput) -> bool:
        """Hears the news up to the input and compares what came of the last wishes."""
        events = await self._instruments.learn(told.entries)
        if told.is_start:
            self._core.apply(events)
            self._core.begin(told.ts)
        elif told.asked is None:
            if told.wished is not None:
                self.difference = self._core.wished(self._decided_at, told.wished, self._wishes)
            if self.difference is None:
                self._follow(events, is_whole=True)
        self.place, self._version = Place(told.seq, told.ts), told.version
        if told.bar is not None:
            self.bar_count += 1
            self._core.mark(told.bar.instrument_id, told.bar.close)
        return self.difference is None

    def _remember(self, told: RunInput, wishes: Sequence[Wish]) -> None:
        match told.asked.command if told.asked is not None else None:
            case Pause() | Flatten():
                self._may_only_reduce = True
            case Resume():
                self._may_only_reduce = False
        if told.bar is not None:
            self._wishes, self._decided_at = wishes, self.place
            self._pending = Pending(self.place, wishes, may_only_reduce=self._may_only_reduce)

    def _follow(self, events: Sequence[tuple[str, Event]], *, is_whole: bool) -> None:
        if self._pending is None:
            self._core.apply(events)
        else:
            self.difference = self._core.follow(self._pending, events, is_whole=is_whole)
            self._pending = None

    async def _follow_the_rest(self) -> None:
        """What came of the last wishes: the account's log, up to where another run begins.

        A run that was cut off may not have placed them all.
        """
        if self._pending is None:
            return
        run = self._run
        entries = await self._accounts.entries(
            run.tenant, run.account_id, after=self._version, limit=PAGE
        )
        ours: list[AccountEntry] = []
        for entry in entries:
            if entry.run_id not in ("", run.run_id):
                break
            ours.append(entry)
        events = await self._instruments.learn(ours)
        self._follow(events, is_whole=run.state is RunState.FINISHED)

    async def _end(self) -> None:
        """Compares how the strategy ended by itself, if it did."""
        run = self._run
        has_raised = run.state is RunState.FAILED and run.error_reason == RAISED
        has_ended = has_raised or run.state in (RunState.FINISHED, RunState.STOPPED)
        if has_ended and not self.failure:
            self.failure = await self._telling.finish()
        recorded = failure_of(run.error_reason, run.error_message) if has_raised else ""
        self.difference = self._core.failed(self.place, recorded, self.failure)


def raised(broke: StrategyBroke) -> str:
    """The failure, where the author's code raised; what is no decision of its own is raised on."""
    if broke.reason != RAISED:
        raise broke
    return failure_of(broke.reason, broke.message)


def failure_of(reason: str, message: str) -> str:
    """A failure in words that are the same in every process: addresses are not."""
    return f"{reason}: {re.sub('0x[0-9a-f]+', '0x…', message)}"
