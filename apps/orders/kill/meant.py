"""What of an account a kill switch means."""

from collections.abc import Sequence

from msgspec import Struct

from domain.orders.kill_switch import KillScope, KillWork
from domain.orders.records import AccountKey
from domain.strategies.run import Run
from ports.run_store import RunStore

PAGE = 1000


class Meant(Struct, frozen=True):
    """The orders that were there when it was pressed, narrowed as it is."""

    last_order: int
    instrument_id: str
    run_ids: frozenset[str] | None
    """None: of all runs and of none."""

    def covers(self, number: int, run_id: str, instrument_id: str) -> bool:
        """Whether the order of that number, run and instrument is meant."""
        if number > self.last_order or self.instrument_id not in ("", instrument_id):
            return False
        return self.run_ids is None or run_id in self.run_ids

    def holds(self, instrument_id: str) -> bool:
        """Whether positions in that instrument are meant."""
        return self.instrument_id in ("", instrument_id)


async def meant_by(scope: KillScope, work: KillWork, runs: RunStore) -> Meant:
    """What the switch means in one account."""
    run_ids = None
    if scope.is_of_runs:
        found = await _runs_of(runs, work.account)
        run_ids = frozenset(
            run.run_id
            for run in found
            if scope.run_id in ("", run.run_id) and scope.strategy_id in ("", run.strategy_id)
        )
    return Meant(work.last_order, scope.instrument_id, run_ids)


def means_run(scope: KillScope, run: Run) -> bool:
    """Whether the run itself is meant, so that it shall pause."""
    return (
        (scope.is_global or scope.tenant == run.tenant)
        and scope.account_id in ("", run.account_id)
        and scope.strategy_id in ("", run.strategy_id)
        and scope.run_id in ("", run.run_id)
        and scope.instrument_id in ("", run.instrument_id)
    )


async def _runs_of(runs: RunStore, account: AccountKey) -> list[Run]:
    """Every run that ever traded in the account."""
    found: list[Run] = []
    after = ""
    while True:
        page: Sequence[Run] = await runs.page(
            account.tenant, active_only=False, after=after, limit=PAGE
        )
        found += [run for run in page if run.account_id == account.account_id]
        if len(page) < PAGE:
            return found
        after = page[-1].run_id
