"""One run at work: hears a bar or a command, and sees to what follows from it."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.request import Wish
from domain.strategies.commands import Asked, Flatten, Pause, Resume
from domain.strategies.run import Run, RunState
from ports.clock import Clock
from ports.order_desk import AccountEntry, OrderDesk
from ports.run_store import RunInput, RunStore
from ports.strategy_process import Reply, StrategyBroke, StrategyProcess

TELL_EVERY = 100_000_000  # ns between two tellings of a run's progress
BATCH = 1_000  # inputs told again at a time
END = 2**62  # the number of the good-bye, as if it were an input

Heard = TypeVar("Heard")


class AtWork:
    """A run with its process: what it knows of the account, and its next input's number."""

    def __init__(
        self,
        run: Run,
        process: StrategyProcess,
        runs: RunStore,
        desk: OrderDesk,
        clock: Clock,
    ) -> None:
        self._run = run
        self._process = process
        self._runs = runs
        self._desk = desk
        self._clock = clock
        self._seq = 0
        self._ts = 0
        self._version = 0
        self._told_ts = 0
        self._may_only_reduce = False
        self._wished: tuple[Wish, ...] = ()

    @property
    def has_begun(self) -> bool:
        """Whether the strategy was ever told anything."""
        return self._seq > 0

    async def take_up(self, instrument: Instrument) -> Bar | None:
        """Opens the account, and brings the process to where the run was; the last bar it heard."""
        run = self._run
        await self._desk.open(
            run.tenant, run.account_id, run.run_id, {instrument.instrument_id: instrument}
        )
        last, reply, bar = await self._tell_again()
        if bar is not None:
            # The market has seen it, but a crash while the run ended may have cost its mark.
            await self._desk.advance(run.tenant, run.account_id, bar)
        if last is not None:
            await self._act(last, reply)
        await self._runs.change(run.tenant, run.run_id, Run.running)
        await self.obey()
        return bar

    async def hear(self, bar: Bar) -> RunState:
        """One bar, from the market to the last order that it causes. Returns how the run stands."""
        run = self._run
        if not self._seq:
            entries, version = await self._news()
            await self._obey(await self._tell(RunInput(1, bar.open_ts, version, entries)))
        await self._desk.advance(run.tenant, run.account_id, bar)
        entries, version = await self._news()
        told = RunInput(self._seq + 1, bar.ts, version, entries, bar, wished=self._wished)
        return await self._obey(await self._tell(told))

    async def obey(self) -> RunState:
        """Hears and does what was asked of the run. Returns how the run stands."""
        return await self._obey(await self._runs.get(self._run.tenant, self._run.run_id))

    async def finish(self) -> None:
        """Lets the strategy say good-bye."""
        reply = await self._heard(self._process.finish())
        await self._log(END, reply.lines)

    async def _obey(self, run: Run) -> RunState:
        while self._seq and run.has_commands and run.state is not RunState.STOPPING:
            for asked in await self._runs.unheard(run.tenant, run.run_id):
                run = await self._tell(await self._as_input(asked))
        return run.state

    async def _as_input(self, asked: Asked) -> RunInput:
        run = self._run
        if isinstance(asked.command, Flatten):
            working = await self._desk.working(run.tenant, run.account_id, run.run_id)
            asked = Asked(asked.number, Flatten(tuple(working)))
        return RunInput(self._seq + 1, self._ts, self._version, asked=asked)

    async def _tell(self, told: RunInput) -> Run:
        """Keeps an input, tells it, and acts upon it. Returns the run as it stood when kept."""
        run = await self._record(told)
        self._remember(told)
        [reply] = await self._heard(self._process.tell([told]))
        self._note(told, reply)
        await self._act(told, reply)
        return run

    async def _heard(self, telling: Awaitable[Heard]) -> Heard:
        """What the strategy says. When it breaks, its last words to what it was told are kept."""
        try:
            return await telling
        except StrategyBroke as broke:
            await self._log(self._seq, broke.lines)
            raise

    async def _log(self, seq: int, lines: Sequence[tuple[int, str]]) -> None:
        if lines:
            await self._runs.log(self._run.tenant, self._run.run_id, seq, lines)

    async def _news(self) -> tuple[tuple[AccountEntry, ...], int]:
        """What happened in the account since the last input, and the version it is at then."""
        run, version = self._run, self._version
        news: list[AccountEntry] = []
        while some := await self._desk.entries(run.tenant, run.account_id, after=version):
            news += some
            version = some[-1].version
        return tuple(news), version

    async def _record(self, told: RunInput) -> Run:
        now = self._clock.now()
        is_due = now - self._told_ts >= TELL_EVERY
        if is_due:
            self._told_ts = now
        return await self._runs.record(self._run.tenant, self._run.run_id, told, tell=is_due)

    def _remember(self, told: RunInput) -> None:
        self._seq, self._ts, self._version = told.seq, told.ts, told.version
        if told.asked is not None:
            match told.asked.command:
                case Pause() | Flatten():
                    self._may_only_reduce = True
                case Resume():
                    self._may_only_reduce = False

    def _note(self, told: RunInput, reply: Reply) -> None:
        """Wishes answer bars; they are kept with the next one."""
        if told.bar is not None:
            self._wished = tuple(reply.wishes)

    async def _act(self, told: RunInput, reply: Reply) -> None:
        """Does what an input asks for and the strategy wishes after it; harmless twice."""
        run = self._run
        await self._log(told.seq, reply.lines)
        if told.asked is not None and isinstance(told.asked.command, Flatten):
            number = told.asked.number
            done = await self._desk.flatten(
                run.tenant,
                run.account_id,
                run.run_id,
                run.instrument_id,
                number=number,
                ts=told.ts,
                order_ids=told.asked.command.order_ids,
            )
            await self._runs.carried_out(run.tenant, run.run_id, number, done)
        if reply.wishes:
            await self._desk.place(
                run.tenant,
                run.account_id,
                run.run_id,
                told.ts,
                reply.wishes,
                may_only_reduce=self._may_only_reduce,
            )

    async def _tell_again(self) -> tuple[RunInput | None, Reply, Bar | None]:
        """Tells every kept input again: the last of them, the reply to it, and the last bar."""
        last: RunInput | None = None
        bar: Bar | None = None
        reply = Reply()
        while inputs := await self._runs.inputs(
            self._run.tenant, self._run.run_id, after=self._seq, limit=BATCH
        ):
            replies = await self._process.tell(inputs)
            for told, reply in zip(inputs, replies, strict=True):
                self._remember(told)
                self._note(told, reply)
                bar = told.bar or bar
            last = inputs[-1]
        return last, reply, bar
