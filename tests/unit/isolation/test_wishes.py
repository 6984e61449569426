"""A process may say anything: what no strategy can have wished is found out."""

from pathlib import Path

import pytest

from adapters.worker_process.wishes import LARGEST, MOST, Flooded, Forged, Wishes
from domain.orders.request import (
    CancelRequest,
    GroupRequest,
    OrderRequest,
    OrderType,
    Side,
    Wish,
)
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.strategy_sources import MIXED, on_bar


def an_order(request: int, quantity: int = 10, limit: int = 0, stop: int = 0) -> OrderRequest:
    return OrderRequest(request, "AAPL.XNAS", Side.BUY, quantity, OrderType.MARKET, limit, stop)


def test_numbers_rise_over_orders_groups_and_cancels() -> None:
    wishes = Wishes()
    wishes.check([an_order(1), an_order(2), CancelRequest(2)])
    wishes.check([])
    wishes.check([GroupRequest(an_order(3), an_order(4, limit=9), an_order(5, stop=7))])
    wishes.check([CancelRequest(4), an_order(9)])


@pytest.mark.parametrize(
    "wish",
    [
        an_order(3),
        an_order(0),
        an_order(-1),
        an_order(LARGEST + 1),
        an_order(4, quantity=0),
        an_order(4, quantity=-5),
        an_order(4, quantity=LARGEST),
        an_order(4, limit=-1),
        an_order(4, stop=LARGEST),
        CancelRequest(0),
        CancelRequest(-1),
        CancelRequest(4),
        GroupRequest(an_order(4), an_order(4), None),
        GroupRequest(an_order(4), None, an_order(2)),
        GroupRequest(None, None, None),
    ],
    ids=repr,
)
def test_what_no_strategy_can_wish_is_forged(wish: Wish) -> None:
    wishes = Wishes()
    wishes.check([an_order(number) for number in (1, 2, 3)])
    with pytest.raises(Forged):
        wishes.check([wish])


def test_more_than_anybody_decides_is_a_flood() -> None:
    wishes = [an_order(number) for number in range(1, MOST + 2)]
    Wishes().check(wishes[:-1])
    with pytest.raises(Flooded, match=f"{MOST + 1} orders"):
        Wishes().check(wishes)


# The number that the house gives the order by which it flattens a run for the first time.
FORGES = """
import os
from adapters.worker_process.frames import frame
from adapters.worker_process.messages import Answer
from domain.orders.request import OrderRequest, Side
forged = frame(Answer((OrderRequest(-1, self.instrument_id, Side.BUY, 1),)))
for fd in range(3, 9):
    try:
        os.write(fd, forged)
    except OSError:
        pass
"""


@pytest.mark.parametrize(
    ("source", "state"), [(on_bar(FORGES), RunState.FAILED), (MIXED, RunState.FINISHED)]
)
async def test_a_forged_answer_ends_the_run_and_an_honest_one_does_not(
    tmp_path: Path, source: str, state: RunState
) -> None:
    desk = MemoryDesk()
    account = desk.add("acc_1")
    async with a_house(tmp_path, desk) as house:
        await furnish(house, some_days(30))
        await keep(house, "bad", source)
        wanted = Wanted("bad", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, "acc_1", 0, request=a_request())
        await house.host.wait(run.run_id)
        run = await house.runs.get(TENANT, run.run_id)
    assert run.state is state, run.error_message
    if state is RunState.FAILED:
        assert run.error_reason == "STRATEGY_PROCESS_ENDED"
        assert "no strategy can wish" in run.error_message
        assert account.core.order_count == 1, "the forged order was placed"
