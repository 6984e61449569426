"""A run as one side of a parity report."""

from collections.abc import Sequence

from domain.errors import NotAllowedNow
from domain.market_data.bar import Bar
from domain.orders.events import OrderCreated
from domain.reports.parity.decisions import Decisions
from domain.reports.parity.records import Record, RecordKind
from domain.strategies.run import Run
from ports.account_store import AccountStore
from ports.instrument_store import InstrumentStore
from ports.run_store import RunInput, RunStore

PAGE = 1_000
FIRST_INPUTS = 50  # commands may come before the first bar, these many at most in practice
MOST_DECISIONS = 200_000


class RunRecord:
    """Reads a run out of its account's log and its own inputs; one at work as far as it is."""

    def __init__(
        self, runs: RunStore, accounts: AccountStore, instruments: InstrumentStore
    ) -> None:
        self._runs = runs
        self._accounts = accounts
        self._instruments = instruments

    async def __call__(self, tenant: str, run_id: str) -> Record:
        """Raises NotFound (RUN_NOT_FOUND), and NotAllowedNow TOO_MANY_ORDERS."""
        run = await self._runs.get(tenant, run_id)
        instrument = await self._instruments.get(run.instrument_id)
        account = await self._accounts.get(tenant, run.account_id)
        inputs = await self._runs.inputs(tenant, run_id, after=0, limit=FIRST_INPUTS)
        first = next((told.bar for told in inputs if told.bar is not None), None)
        last = await self._last_bar(run)
        begun_at = inputs[0].version if inputs else 0
        return Record(
            id=run_id,
            kind=RecordKind.RUN,
            strategy_id=run.strategy_id,
            version_id=run.version_id,
            parameters=run.parameters,
            instrument=instrument,
            timeframe=run.timeframe,
            currency=account.terms.currency,
            start_ts=1 if first is None else first.ts,
            end_ts=0 if last is None else last.ts,
            mark=0 if last is None else round(last.close * instrument.price_factor),
            decided=(await self._decisions(run, begun_at)).all(),
            notes=_notes(run),
        )

    async def _last_bar(self, run: Run) -> Bar | None:
        """The last bar that it heard; it may hear more while we look."""
        last: Bar | None = None
        after = max(0, run.bar_count + run.heard_count - FIRST_INPUTS)
        while page := await self._runs.inputs(run.tenant, run.run_id, after=after, limit=PAGE):
            last = last_bar(page) or last
            after = page[-1].seq
        return last

    async def _decisions(self, run: Run, after: int) -> Decisions:
        """What the account's log says of the run, up to where another run begins."""
        found = Decisions()
        while page := await self._accounts.entries(
            run.tenant, run.account_id, after=after, limit=PAGE
        ):
            found.read(entry.event for entry in page if entry.run_id == run.run_id)
            if len(found) > MOST_DECISIONS:
                raise NotAllowedNow(
                    f"run {run.run_id} made more than {MOST_DECISIONS} orders",
                    reason="TOO_MANY_ORDERS",
                    run_id=run.run_id,
                )
            is_over = any(
                entry.run_id not in ("", run.run_id) and isinstance(entry.event, OrderCreated)
                for entry in page
            )
            if is_over:
                break
            after = page[-1].version
        return found


def last_bar(inputs: Sequence[RunInput]) -> Bar | None:
    """The newest bar among them."""
    return next((told.bar for told in reversed(inputs) if told.bar is not None), None)


def _notes(run: Run) -> tuple[str, ...]:
    notes: list[str] = []
    if run.asked_count:
        notes.append(f"{run.run_id} was given {run.asked_count} commands")
    if run.error_reason:
        notes.append(f"{run.run_id} failed: {run.error_reason}")
    return tuple(notes)
