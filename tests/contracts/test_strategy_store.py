"""What every store of strategies promises."""

import msgspec
import pytest

from adapters.sql.database import Database
from adapters.sql.strategy_store import SqlStrategyStore
from domain.errors import InvalidRequest, NotFound
from domain.strategies.library import Listed, Setting, StrategyVersion, version_id_of
from ports.ownership import HOUSE
from ports.request_log import RequestIdReused, RequestKey
from ports.strategy_store import StrategyStore
from tests.houses import a_request


def a_version(source: str = "one", name: str = "mine", tenant: str = "local") -> StrategyVersion:
    settings = (Setting("fast", "int", "10", "bars"), Setting("instrument_id", "str", None))
    version_id = version_id_of(source, "A")
    return StrategyVersion(tenant, name, version_id, "A", "Sums up.", settings, source, 7)


@pytest.fixture
def strategies(database: Database) -> StrategyStore:
    return SqlStrategyStore(database)


async def test_a_version_comes_back_as_it_was_pushed(strategies: StrategyStore) -> None:
    pushed = await strategies.push(a_version())
    assert pushed == a_version()
    assert await strategies.latest("local", "mine") == pushed
    assert await strategies.version("local", "mine", pushed.version_id) == pushed


async def test_what_is_not_there_is_named(strategies: StrategyStore) -> None:
    await strategies.push(a_version())
    for tenant, name, version_id, reason in (
        ("local", "other", a_version().version_id, "STRATEGY_NOT_FOUND"),
        ("other", "mine", a_version().version_id, "STRATEGY_NOT_FOUND"),
        ("local", "mine", "sha256:0", "VERSION_NOT_FOUND"),
    ):
        with pytest.raises(NotFound) as refused:
            await strategies.version(tenant, name, version_id)
        assert refused.value.reason == reason
    with pytest.raises(NotFound):
        await strategies.latest("other", "mine")
    with pytest.raises(NotFound):
        await strategies.versions("other", "mine", after="", limit=5)


async def test_the_same_content_again_is_the_first_version_and_the_newest(
    strategies: StrategyStore,
) -> None:
    first = await strategies.push(a_version("one"))
    second = await strategies.push(a_version("two"))
    again = await strategies.push(msgspec.structs.replace(first, create_ts=99))
    assert again == first
    assert await strategies.latest("local", "mine") == first
    assert await strategies.versions("local", "mine", after="", limit=5) == [first, second]
    assert await strategies.versions("local", "mine", after=first.version_id, limit=5) == [second]


async def test_one_request_pushes_once(strategies: StrategyStore) -> None:
    request = a_request()
    first = await strategies.push(a_version(), request=request)
    assert await strategies.push(a_version("two"), request=request) == first
    assert await strategies.answered(request) == first
    assert await strategies.versions("local", "mine", after="", limit=5) == [first]
    other = RequestKey("local", "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await strategies.push(a_version("two"), request=other)


async def test_the_house_shows_its_strategies_to_everybody(strategies: StrategyStore) -> None:
    await strategies.push(a_version(name="house", tenant=HOUSE))
    await strategies.push(a_version(name="mine"))
    await strategies.push(a_version("two", name="mine"))
    await strategies.push(a_version(name="theirs", tenant="other"))
    page = await strategies.page("local", after="", limit=5)
    found = [(one.latest.strategy_id, one.latest.source) for one in page]
    assert found == [("house", "one"), ("mine", "two")]
    page = await strategies.page("local", after="house", limit=5)
    assert [one.latest.strategy_id for one in page] == ["mine"]
    assert (await strategies.latest("other", "house")).tenant == HOUSE


async def test_a_version_is_found_by_an_unambiguous_beginning(strategies: StrategyStore) -> None:
    one = await strategies.push(a_version("one"))
    two = await strategies.push(a_version("two"))
    assert await strategies.version_like("local", "mine", one.version_id) == one
    assert await strategies.version_like("local", "mine", two.version_id[:20]) == two
    assert await strategies.version_like("local", "mine", two.version_id[7:12]) == two
    with pytest.raises(InvalidRequest) as ambiguous:
        await strategies.version_like("local", "mine", "sha256:")
    assert (ambiguous.value.reason, list(ambiguous.value.violations)) == (
        "VERSION_AMBIGUOUS",
        ["version_id"],
    )
    for tenant, name, prefix, reason in (
        ("local", "mine", "%", "VERSION_NOT_FOUND"),
        ("local", "mine", "sha256:_", "VERSION_NOT_FOUND"),
        ("local", "mine", "nope", "VERSION_NOT_FOUND"),
        ("local", "other", one.version_id, "STRATEGY_NOT_FOUND"),
        ("other", "mine", one.version_id, "STRATEGY_NOT_FOUND"),
    ):
        with pytest.raises(NotFound) as refused:
            await strategies.version_like(tenant, name, prefix)
        assert refused.value.reason == reason


async def test_what_is_archived_is_listed_on_request_and_comes_back_by_a_push(
    strategies: StrategyStore,
) -> None:
    pushed = await strategies.push(a_version())
    assert await strategies.get("local", "mine") == Listed(pushed)
    archived = await strategies.archive("local", "mine", 8)
    assert archived == Listed(pushed, archived=True) == await strategies.get("local", "mine")
    assert await strategies.archive("local", "mine", 9) == archived, "again is harmless"
    assert await strategies.page("local", after="", limit=5) == []
    assert await strategies.page("local", after="", limit=5, show_archived=True) == [archived]
    assert await strategies.version("local", "mine", pushed.version_id) == pushed
    await strategies.push(a_version())
    assert await strategies.page("local", after="", limit=5) == [Listed(pushed)]


async def test_only_ones_own_strategy_is_archived_and_a_rehearsal_keeps_nothing(
    strategies: StrategyStore,
) -> None:
    await strategies.push(a_version())
    await strategies.push(a_version(name="house", tenant=HOUSE))
    for tenant, name in (("other", "mine"), ("local", "house"), ("local", "nothing")):
        with pytest.raises(NotFound):
            await strategies.archive(tenant, name, 8)
    request = a_request()
    told = await strategies.archive("local", "mine", 8, request=request, rehearse=True)
    assert told.archived
    assert not (await strategies.get("local", "mine")).archived
    first = await strategies.archive("local", "mine", 8, request=request)
    await strategies.push(a_version("two"))
    assert await strategies.archive("local", "mine", 9, request=request) == first
    assert not (await strategies.get("local", "mine")).archived, "the request was done before"
