"""Who may press and release, and what is kept and told of it."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from apps.orders.kill.press_kill_switch import WantedPress
from domain.errors import (
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from domain.orders.kill_switch import KillMode, KillState, Press, Release
from domain.orders.state import OrderState
from ports.kill_switch import KillSwitchStore
from tests.unit.orders.house import TENANT, a_request, terms
from tests.unit.orders.kill.house import (
    KillHouse,
    holding,
    refusal,
)


async def test_what_is_named_must_be_the_tenants(house: KillHouse) -> None:
    for named, reason in (
        ({"account_id": "acc_x"}, "ACCOUNT_NOT_FOUND"),
        ({"strategy_id": "nothing"}, "STRATEGY_NOT_FOUND"),
        ({"run_id": "run_x"}, "RUN_NOT_FOUND"),
        ({"instrument": "NOPE"}, "INSTRUMENT_NOT_FOUND"),
    ):
        with pytest.raises(NotFound) as refused:
            await house.press(**named)
        assert refused.value.reason == reason
    assert await house.kills.engaged() == []
    with pytest.raises(InvalidRequest) as wrong:
        await house.press(reason="x" * 501)
    assert list(wrong.value.violations) == ["kill_switch.reason"]


async def test_a_global_switch_is_released_by_who_may_release_all(house: KillHouse) -> None:
    account = await house.account()
    wanted = WantedPress(KillMode.HALT_NEW, account_id=account.account_id)
    with pytest.raises(InvalidRequest) as wrong:
        await house.press_kill_switch.everywhere(wanted, a_request())
    assert (wrong.value.reason, list(wrong.value.violations)) == (
        "NOT_GLOBAL",
        ["kill_switch.account_id"],
    )
    switch = await house.press_kill_switch.everywhere(WantedPress(), a_request())
    assert await refusal(house, account) == "KILL_SWITCH"
    with pytest.raises(PermissionDenied) as refused:
        await house.release(switch)
    assert refused.value.reason == "KILL_SWITCH_GLOBAL"
    await house.release_kill_switch(
        switch.kill_switch_id, "over", a_request(), may_release_global=True
    )
    assert await refusal(house, account) == ""


async def test_a_release_needs_a_reason_and_is_kept_with_who_and_when(house: KillHouse) -> None:
    switch = await house.press()
    with pytest.raises(InvalidRequest) as wrong:
        await house.release_kill_switch(switch.kill_switch_id, "  ", a_request())
    assert list(wrong.value.violations) == ["reason"]
    house.clock.ts += 5
    await house.release(switch)
    (kept,), _ = await house.read_kill_switches.page(TENANT, engaged_only=False, size=5, token="")
    assert kept.release == Release("me", house.clock.ts, "all is well")


async def test_history_is_read_page_by_page(house: KillHouse) -> None:
    names = [(await house.press()).kill_switch_id for _ in range(5)]
    token, found = "", []
    while True:
        page, token = await house.read_kill_switches.page(
            TENANT, engaged_only=True, size=2, token=token
        )
        found += [one.kill_switch_id for one in page]
        if not token:
            break
    assert found == names[::-1]


async def test_who_watches_hears_what_is_engaged_and_every_change_once(house: KillHouse) -> None:
    await holding(house)
    first = await house.press()
    async with aclosing(house.watch_kill_switches(TENANT, "")) as told:
        start = await anext(told)
        assert [one.kill_switch_id for one in start.state] == [first.kill_switch_id]
        second = await house.press(KillMode.FLATTEN)
        await house.enforced(second)
        await house.release(first)
        heard = [await anext(told) for _ in range(5)]
    assert [(one.switch.kill_switch_id, one.switch.state) for one in heard] == [
        (second.kill_switch_id, KillState.ENGAGED),
        (second.kill_switch_id, KillState.CANCELING),
        (second.kill_switch_id, KillState.FLATTENING),
        (second.kill_switch_id, KillState.FLATTENING),
        (first.kill_switch_id, KillState.RELEASED),
    ]
    async with aclosing(house.watch_kill_switches(TENANT, heard[3].cursor)) as told:
        assert await anext(told) == heard[4]


async def test_the_worker_carries_out_what_is_pressed_and_outlives_a_store_that_fails(
    house: KillHouse,
) -> None:
    account = await house.account()
    order = await house.place(account, terms(limit="90"))
    failing = FailingOnce(house.kills)
    house.kills = failing  # type: ignore[assignment]
    house.behind(house.paper)
    switch = await house.press(KillMode.CANCEL_ALL)
    working = asyncio.ensure_future(house.enforce.run())
    await failing.failed.wait()
    house.enforce.wake()
    async with aclosing(house.watch_kill_switches(TENANT, "")) as told:
        while (
            await house.kills.get(TENANT, switch.kill_switch_id)
        ).state is not KillState.VERIFIED:
            await anext(told)
    working.cancel()
    assert await house.state(account, order.order_id) == OrderState.CANCELED


class FailingOnce:
    """A store that is gone when it is asked for the first time."""

    def __init__(self, kept: KillSwitchStore) -> None:
        self._kept = kept
        self.failed = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._kept, name)

    async def engaged(self) -> Sequence[Press]:
        if not self.failed.is_set():
            self.failed.set()
            raise Unavailable("gone", reason="STORE_UNAVAILABLE")
        return await self._kept.engaged()
