"""What every watch call promises."""

import asyncio
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from adapters.sql.event_bus import append_events
from adapters.sql.tables.events import events
from apps.streams import Change, Gap, Present, settled
from domain.errors import InvalidRequest, Unavailable
from ports.event_bus import Event
from tests.unit.orders.house import House, a_house


def happened(key: str, text: str) -> Event:
    return Event(0, "local", "runs", key, "run", text.encode(), 1)


async def tell(house: House, *texts: str, key: str = "run_1") -> None:
    await house.database.write(
        "local",
        lambda connection: append_events(connection, [happened(key, text) for text in texts]),
    )


async def watch(house: House, count: int, cursor: str = "", key: str = "run_1") -> list:
    """The first `count` messages of a watch whose object is told in one word, its seq."""

    async def load() -> tuple[str, int]:
        seq = await house.bus.last_seq()
        return f"at {seq}", seq

    found = []
    async with aclosing(house.streams.watch("runs", key, cursor, load)) as updates:
        async for update in updates:
            found.append(update)
            if len(found) == count:
                break
    return found


def texts(found: list) -> list[str]:
    return [one.event.payload.decode() for one in found if isinstance(one, Change)]


async def test_a_watch_tells_the_present_first_and_then_each_change(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await tell(house, "a", "b")
        watching = asyncio.ensure_future(watch(house, 3))
        await asyncio.sleep(0)
        while not watching.done():
            await tell(house, "c")
        present, *changes = await watching
        assert isinstance(present, Present)
        assert present.state.startswith("at ")
        assert texts(changes) == ["c", "c"]


async def test_a_cursor_goes_on_right_behind_it(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        [present] = await watch(house, 1)
        await tell(house, "a", "b", "c")
        await tell(house, "not mine", key="run_2")
        [first] = await watch(house, 1, present.cursor)
        assert texts([first, *await watch(house, 2, first.cursor)]) == ["a", "b", "c"]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 7), min_size=5, max_size=20))
async def test_a_stream_cut_anywhere_has_no_hole_and_no_duplicate(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    async with a_house(tmp_path_factory.mktemp("house")) as house:
        [present] = await watch(house, 1)
        wanted = [str(number) for number in range(sum(cuts))]
        for one, other in pairwise([*wanted, ""]):
            await tell(house, one)
            await tell(house, other, key="run_2")
        cursor, found = present.cursor, []
        for cut in cuts:
            part = await watch(house, cut, cursor)
            cursor = part[-1].cursor
            found.extend(texts(part))
        assert found == wanted


async def test_changes_that_are_gone_are_told_as_a_gap_and_the_present_follows(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await tell(house, "a")
        [present] = await watch(house, 1)
        await tell(house, "b", "c", "d")
        await house.database.write(
            "local",
            lambda connection: connection.execute(delete(events).where(events.c.seq < 4)) and None,
        )
        gap, again = await watch(house, 2, present.cursor)
        assert isinstance(gap, Gap)
        assert gap.reason == "CURSOR_TOO_OLD"
        assert gap.cursor == present.cursor
        assert again.state == "at 4"


async def test_a_cursor_of_events_that_a_restored_backup_never_had_is_a_gap(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path / "one") as before, a_house(tmp_path / "two") as restored:
        await tell(before, "a", "b")
        [present] = await watch(before, 1)
        gap, _ = await watch(restored, 2, present.cursor)
        assert gap.reason == "CURSOR_AHEAD"


async def test_a_cursor_of_another_object_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        [present] = await watch(house, 1)
        for cursor in (present.cursor[:-2] + "AA", "nonsense", "ä", present.cursor):
            key = "run_2" if cursor == present.cursor else "run_1"
            with pytest.raises(InvalidRequest) as refusal:
                await watch(house, 1, cursor, key=key)
            assert refusal.value.reason == "CURSOR_INVALID"


async def test_a_stream_ends_when_the_server_leaves(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        watching = asyncio.ensure_future(watch(house, 2))
        await asyncio.sleep(0)
        house.drain.start()
        with pytest.raises(Unavailable) as end:
            await watching
        assert end.value.reason == "SERVER_DRAINING"


async def test_a_store_that_cannot_read_the_seq_with_the_state_settles_on_both(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        calls = []

        async def load() -> int:
            calls.append(1)
            if len(calls) == 1:
                await tell(house, "meanwhile")
            return len(calls)

        state, seq = await settled(house.bus, "runs", "run_1", load)
        assert (state, seq) == (2, 1)
