"""What an import store promises beyond what the imports' own tests ask of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from domain.market_data.imports import Import, ImportState, RefusedRow
from ports.import_store import ImportStore
from ports.request_log import RequestIdReused
from tests.unit.market_data.house import House, a_house, a_request


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, working=False) as house:
        yield house


@pytest.fixture(params=["sql"])
def store(house: House) -> ImportStore:
    return house.imports


def an_import(name: str = "imp_1", tenant: str = "local") -> Import:
    return Import(name, tenant, "AAPL.XNAS", "1d", "", create_ts=5)


async def test_an_import_comes_back_whole(store: ImportStore) -> None:
    one = await store.create(an_import(), a_request("a"))
    row = RefusedRow(3, "high", "NOT_A_NUMBER", "x")
    refused = one.receive(0, 9, last=True).refuse(7, rows=2, refused=[row], refused_count=1)
    await store.save(refused)
    assert await store.get("local", "imp_1") == refused


async def test_the_first_answer_is_given_again_whatever_happened_since(store: ImportStore) -> None:
    first = await store.create(an_import(), a_request("a"))
    await store.save(first.receive(0, 9, last=True))
    assert await store.create(an_import("imp_2"), a_request("a")) == first
    assert await store.answered(a_request("a")) == first
    assert await store.answered(a_request("b")) is None


async def test_a_request_id_with_another_body_is_refused_everywhere(store: ImportStore) -> None:
    await store.create(an_import(), a_request("a", "one"))
    with pytest.raises(RequestIdReused):
        await store.create(an_import("imp_2"), a_request("a", "two"))
    with pytest.raises(RequestIdReused):
        await store.answered(a_request("a", "two"))
    assert len(await store.page("local", after="", limit=10)) == 1


async def test_request_ids_of_two_tenants_are_two(store: ImportStore) -> None:
    await store.create(an_import("imp_1"), a_request("a"))
    other = an_import("imp_2", "other")
    assert await store.create(other, a_request("a", tenant="other")) == other


async def test_what_is_unfinished_is_told_oldest_first_of_all_tenants(store: ImportStore) -> None:
    for number, tenant in enumerate(("local", "other", "local")):
        one = an_import(f"imp_{number}", tenant)
        await store.create(one, a_request(str(number), tenant=tenant))
    await store.save(an_import("imp_2").receive(0, 1, last=True))
    await store.save(an_import("imp_0").receive(0, 1, last=True).succeed(9, rows=1, bars=1))
    unfinished = await store.unfinished()
    assert [(one.import_id, one.state) for one in unfinished] == [
        ("imp_1", ImportState.UPLOADING),
        ("imp_2", ImportState.RUNNING),
    ]


async def test_every_change_is_told_to_whoever_follows(store: ImportStore, house: House) -> None:
    one = await store.create(an_import(), a_request("a"))
    running = one.receive(0, 9, last=True)
    await store.save(running)
    events = await house.bus.read("imports", "imp_1", after=0)
    told = [msgspec.msgpack.decode(event.payload, type=Import) for event in events]
    assert told == [one, running]
    assert {(event.tenant, event.kind) for event in events} == {("local", "import")}
