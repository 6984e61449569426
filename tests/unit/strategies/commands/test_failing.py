"""A run fails while its account cannot be closed."""

from pathlib import Path

from domain.errors import Unavailable
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, MemoryDesk, a_house, a_request, furnish, keep
from tests.houses import some_days as days
from tests.in_process import InProcess
from tests.unit.strategies.commands.desk import ADDS


class Unwilling(MemoryDesk):
    """A desk that is unavailable for the first so many attempts to close an account."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    async def close(self, tenant: str, account_id: str, run_id: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("the disk is full", reason="STORE_UNAVAILABLE")
        await super().close(tenant, account_id, run_id)


async def test_a_failure_is_kept_as_soon_as_the_store_is_back(tmp_path: Path) -> None:
    desk = Unwilling(refusals=5)
    desk.add("acc_1")
    async with a_house(tmp_path, desk, processes=InProcess()) as house:
        await furnish(house, days(12))
        await keep(house, "fails", ADDS.replace("self.count += 1", "self.count += 1 / 0"))
        wanted = Wanted("fails", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, "acc_1", 0, request=a_request())
        await house.host.wait(run.run_id)
        run = await house.runs.get(TENANT, run.run_id)
    assert (run.state, run.error_reason) == (RunState.FAILED, "STRATEGY_RAISED")
    assert (desk.refusals, desk.accounts["acc_1"].run_id) == (0, "")
