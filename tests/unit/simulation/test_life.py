"""A process of the simulation: it dies as a process does, with nothing done in its memory."""

import asyncio
from typing import Any

import pytest

from tests.simulation.broker import EPOCH
from tests.simulation.dice import Dice
from tests.simulation.kernel import Kernel
from tests.simulation.life import Gone, Life


def a_life(loop: Kernel, **rates: float) -> Life:
    return Life(loop, Dice(1, rates), "n1.1")


def test_what_waits_in_a_dead_process_never_goes_on_not_even_to_clean_up() -> None:
    loop, done = Kernel(1), []
    life = a_life(loop)

    async def work() -> None:
        try:
            await life.pause(10)
            done.append("went on")
        finally:
            done.append("cleaned up")

    async def main() -> None:
        life.kept_alive.append(asyncio.get_running_loop().create_task(work()))
        await asyncio.sleep(1)
        life.die()
        await asyncio.sleep(100)

    loop.run(main())
    assert done == []
    assert life.died.done()


def test_a_stopped_process_goes_on_where_it_stood_when_it_is_let() -> None:
    loop = Kernel(1)
    life = a_life(loop)
    life.stopped_until = 50.0

    async def main() -> float:
        await life.pause(1)
        return loop.time()

    assert loop.run(main()) == 50.0


def test_who_is_thrown_away_may_do_nothing_more() -> None:
    loop = Kernel(1)
    life = a_life(loop)
    life.is_dead = life.is_over = True
    with pytest.raises(Gone):
        loop.run(life.pause(1))


def test_a_clock_that_jumps_is_that_of_one_process_alone() -> None:
    loop = Kernel(1)
    jumping, other = a_life(loop, clock_jump=1.0), a_life(loop)

    async def main() -> tuple[int, int]:
        await jumping.step()
        return jumping.now(), other.now()

    jumped, kept = loop.run(main())
    assert abs(jumped - kept) > 10**9
    assert kept - EPOCH < 10**9


def test_faults_have_numbers_and_can_be_left_out() -> None:
    def struck(dice: Dice) -> list[bool]:
        return [dice.strikes("crash") for _ in range(100)]

    rates: dict[str, Any] = {"crash": 0.3}
    every, fewer = Dice(5, rates), Dice(5, rates, dropped={1, 2})
    all_of_them, rest = struck(every), struck(fewer)
    assert sum(all_of_them) == every.struck["crash"] == sum(rest) + 2
    every.calm = True
    assert not any(struck(every))
    assert not Dice(5, rates).strikes("unknown")
