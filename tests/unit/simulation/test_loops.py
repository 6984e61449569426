"""Both loops of the simulation: time that jumps, an order that the seed draws, and no waiting."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation.kernel import Deadlock
from tests.simulation.world import TIERS

both = pytest.mark.parametrize("tier", sorted(TIERS))


def ran(tier: str, seed: int, main: Callable[[], Any]) -> Any:
    loop = TIERS[tier](seed)
    try:
        return loop.run(main())
    finally:
        loop.close()


async def _three_in_turn() -> list[str]:
    heard: list[str] = []

    async def say(word: str) -> None:
        for _ in range(3):
            heard.append(word)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for word in "abc":
            group.create_task(say(word))
    return heard


@both
def test_hours_pass_at_once(tier: str) -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        async with asyncio.timeout(100):
            await asyncio.sleep(60)
        return asyncio.get_running_loop().time()

    assert ran(tier, 1, main) == pytest.approx(3660)


@both
def test_the_seed_draws_the_order_and_the_same_seed_the_same(tier: str) -> None:
    orders = {tuple(ran(tier, seed, _three_in_turn)) for seed in range(20)}
    assert len(orders) > 5
    assert ran(tier, 7, _three_in_turn) == ran(tier, 7, _three_in_turn)


@both
def test_what_waits_for_ever_is_a_deadlock(tier: str) -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock):
        ran(tier, 1, main)


@both
def test_locks_queues_and_groups_of_asyncio_work_as_they_are(tier: str) -> None:
    async def main() -> list[int]:
        lock, queue = asyncio.Lock(), asyncio.Queue()
        inside = most = 0

        async def work(number: int) -> None:
            nonlocal inside, most
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.1)
                inside -= 1
            queue.put_nowait(number)

        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(work(number))
        assert most == 1
        return sorted([await queue.get() for _ in range(5)])

    assert ran(tier, 3, main) == [0, 1, 2, 3, 4]


@both
def test_a_canceled_timer_does_not_ring(tier: str) -> None:
    async def main() -> list[str]:
        loop, heard = asyncio.get_running_loop(), []
        loop.call_later(1, heard.append, "kept")
        loop.call_later(2, heard.append, "canceled").cancel()
        await asyncio.sleep(3)
        return heard

    assert ran(tier, 1, main) == ["kept"]


@both
def test_a_task_that_fails_ends_its_group(tier: str) -> None:
    async def main() -> None:
        async def fail() -> None:
            raise ValueError("no")

        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(1000))
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as raised:
        ran(tier, 1, main)
    assert [type(one) for one in raised.value.exceptions] == [ValueError]
