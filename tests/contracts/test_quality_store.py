"""What a store of looks at bars promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql.database import Database
from domain.market_data.quality.finding import Quality
from ports.quality_store import QualityStore
from ports.request_log import RequestIdReused
from tests.unit.market_data.house import House, a_house, a_request

LOOK = Quality("XNYS", 390, 2, {"GAP": 1}, 9)


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[House]:
    async with a_house(tmp_path, working=False, database=database) as house:
        yield house


@pytest.fixture
def store(house: House) -> QualityStore:
    return house.quality


async def test_the_last_look_at_each_series_counts(store: QualityStore) -> None:
    await store.keep("A.XNAS", "1d", Quality("XNYS"))
    await store.keep("A.XNAS", "1d", LOOK)
    await store.keep("A.XNAS", "1m", Quality(""))
    assert await store.all() == {("A.XNAS", "1d"): LOOK, ("A.XNAS", "1m"): Quality("")}


async def test_a_look_is_forgotten(store: QualityStore) -> None:
    await store.keep("A.XNAS", "1d", LOOK)
    await store.keep("A.XNAS", "1d", None)
    await store.keep("A.XNAS", "1d", None)
    assert await store.all() == {}


async def test_a_repeated_request_has_the_first_answer_and_changes_nothing(
    store: QualityStore,
) -> None:
    request = a_request("check")
    assert await store.answered(request) is None
    assert await store.keep("A.XNAS", "1d", LOOK, request=request, answer=b"1") == b"1"
    assert await store.keep("A.XNAS", "1d", None, request=request, answer=b"2") == b"1"
    assert await store.answered(request) == b"1"
    assert await store.all() == {("A.XNAS", "1d"): LOOK}
    with pytest.raises(RequestIdReused):
        await store.answered(a_request("check", "another body"))
