"""The library: what it takes in, and what it refuses."""

import ast
import asyncio
from pathlib import Path

import msgspec
import pytest

from adapters.worker_process import processes
from adapters.worker_process.patience import Patience
from apps.strategies.built_ins import BUILT_INS, InstallBuiltIns, built_in
from apps.strategies.examples import buy_and_hold
from domain.errors import DomainError, InvalidRequest, NotAllowedNow
from domain.strategies.library import Setting, check_parameters, check_strategy_id, version_id_of
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from ports.ownership import HOUSE
from ports.request_log import RequestIdReused
from tests.houses import TENANT, House, a_house, a_request, furnish, keep
from tests.strategy_sources import EXAMPLES, HEAD, HOLDS, LIBRARY

SETTINGS = (
    Setting("instrument_id", "str", None),
    Setting("quantity", "Decimal", "100"),
    Setting("fast", "int", "10"),
    Setting("level", "float", None),
    Setting("reverse", "bool", "false"),
)

BAD_SOURCES = {
    "x = (": ("STRATEGY_DOES_NOT_IMPORT", "1"),
    "\nimport nothing_there": ("STRATEGY_DOES_NOT_IMPORT", "2"),
    "def f():\n    return 1 / 0\nf()": ("STRATEGY_DOES_NOT_IMPORT", "2"),
    "import sys\nsys.exit(0)": ("STRATEGY_DOES_NOT_IMPORT", "2"),
    "import os\nos._exit(0)": ("STRATEGY_DOES_NOT_IMPORT", None),
    "class A: pass": ("STRATEGY_CLASS_NOT_FOUND", None),
    HEAD: ("STRATEGY_CLASS_NOT_FOUND", None),
    HEAD + "class A(Strategy): pass\nclass B(Strategy): pass": ("STRATEGY_CLASS_AMBIGUOUS", None),
    HEAD + "@dataclass\nclass A(Strategy):\n    x: list": ("UNSUPPORTED_PARAMETER_TYPE", None),
    "": ("MISSING_FIELD", None),
    "#" * (256 * 1024 + 1): ("SOURCE_TOO_LARGE", None),
}


@pytest.mark.parametrize("source", BAD_SOURCES)
async def test_a_source_that_is_no_strategy_is_refused_with_its_line(
    house: House, source: str
) -> None:
    reason, line = BAD_SOURCES[source]
    with pytest.raises(InvalidRequest) as refused:
        await house.push("bad", source, "", request=a_request())
    assert refused.value.reason == reason
    assert "source" in refused.value.violations or reason == "UNSUPPORTED_PARAMETER_TYPE"
    assert refused.value.facts.get("line") == line
    with pytest.raises(DomainError, match="no strategy bad"):
        await house.strategies.latest(TENANT, "bad")


async def test_a_source_that_never_ends_is_refused_in_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "INSPECTION", Patience(0.5))
    with pytest.raises(InvalidRequest, match=r"did not answer for 0\.5 s") as refused:
        await house.push("bad", "while True: pass", "", request=a_request())
    assert refused.value.reason == "STRATEGY_DOES_NOT_IMPORT"


async def test_a_class_is_chosen_by_name(house: House) -> None:
    two = HEAD + "class A(Strategy):\n    'The first.'\nclass B(Strategy):\n    'The second.'"
    version = await house.push("two", two, "B", request=a_request())
    assert (version.class_name, version.summary) == ("B", "The second.")
    with pytest.raises(InvalidRequest, match="there is A, B") as refused:
        await house.push("two", two, "C", request=a_request())
    assert refused.value.reason == "STRATEGY_CLASS_NOT_FOUND"


async def test_validating_keeps_nothing(house: House) -> None:
    version = await house.push("holds", HOLDS, "", request=a_request(), validate_only=True)
    assert version.version_id == version_id_of(HOLDS, "Holds")
    assert [one.name for one in version.settings] == ["instrument_id", "at_bar"]
    with pytest.raises(DomainError, match="no strategy holds"):
        await house.strategies.latest(TENANT, "holds")


async def test_the_same_request_pushes_once_and_another_body_is_refused(house: House) -> None:
    request = a_request()
    first = await house.push("holds", HOLDS, "", request=request)
    assert await house.push("holds", HOLDS, "", request=request) == first
    other = a_request(body=b"other", name="")
    other = type(request)(TENANT, "me", "Method", request.request_id, b"other")
    with pytest.raises(RequestIdReused):
        await house.push("holds", HOLDS + "\n", "", request=other)


async def test_names_of_the_house_are_taken(house: House) -> None:
    with pytest.raises(NotAllowedNow) as refused:
        await house.push("sma-cross", HOLDS, "", request=a_request())
    assert refused.value.reason == "STRATEGY_BUILT_IN"


@pytest.mark.parametrize("name", ["", "My", "a_b", "-a", "a-", "a--b", "a b", "ä", "a" * 65, "a\n"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_strategy_id(name)
    assert refused.value.reason == "INVALID_STRATEGY_ID"


@pytest.mark.parametrize("strategy_id", BUILT_INS)
def test_an_example_imports_one_thing_of_ours_and_runs_as_it_is(strategy_id: str) -> None:
    imported = [
        node.module
        for node in ast.walk(ast.parse(LIBRARY[strategy_id]))
        if isinstance(node, ast.ImportFrom)
    ]
    assert set(imported) <= {"dataclasses", "decimal", "domain.strategies"}
    version = built_in(strategy_id, BUILT_INS[strategy_id])
    assert version.summary
    assert [one.name for one in version.settings if one.default is None] == ["instrument_id"]
    assert version.source == LIBRARY[strategy_id]


def test_every_example_is_in_the_library() -> None:
    files = {path.stem.replace("_", "-") for path in EXAMPLES.glob("[a-z]*.py")}
    assert files == set(BUILT_INS)
    assert Path(buy_and_hold.__file__).parent == EXAMPLES


async def test_built_ins_belong_to_everybody_and_installing_twice_is_harmless(
    house: House,
) -> None:
    install = InstallBuiltIns(house.strategies, house.clock)
    await install()
    before = await house.strategies.page("anybody", after="", limit=10)
    await install()
    assert await house.strategies.page("anybody", after="", limit=10) == before
    assert [one.latest.strategy_id for one in before] == sorted(BUILT_INS)
    assert {one.latest.tenant for one in before} == {HOUSE}


@pytest.mark.parametrize(
    ("values", "reason", "field", "words"),
    [
        ({"fats": "3"}, "UNKNOWN_PARAMETER", "parameters.fats", "did you mean fast?"),
        ({"zzz": "3"}, "UNKNOWN_PARAMETER", "parameters.zzz", "it has instrument_id, quantity"),
        ({"fast": "ten"}, "INVALID_PARAMETER", "parameters.fast", "not of type int"),
        ({"fast": "1.5"}, "INVALID_PARAMETER", "parameters.fast", "not of type int"),
        ({"fast": ""}, "INVALID_PARAMETER", "parameters.fast", "not of type int"),
        ({"quantity": "1e5"}, "INVALID_PARAMETER", "parameters.quantity", "not of type Decimal"),
        ({"quantity": "NaN"}, "INVALID_PARAMETER", "parameters.quantity", "not of type Decimal"),
        ({"level": "inf"}, "INVALID_PARAMETER", "parameters.level", "not of type float"),
        ({"reverse": "maybe"}, "INVALID_PARAMETER", "parameters.reverse", "not of type bool"),
        ({"instrument_id": "IBM"}, "INVALID_PARAMETER", "parameters.instrument_id", "AAPL.XNAS"),
        ({"instrument_id": "A" * 1001}, "INVALID_PARAMETER", "parameters.instrument_id", "AAPL"),
        ({"fast": "1" * 1001}, "INVALID_PARAMETER", "parameters.fast", "too long"),
        ({}, "MISSING_PARAMETER", "parameters.level", "of type float"),
    ],
)
def test_a_bad_parameter_is_named(
    values: dict[str, str], reason: str, field: str, words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_parameters(SETTINGS, values, "AAPL.XNAS")
    assert refused.value.reason == reason
    assert words in refused.value.violations[field]


def test_good_parameters_come_with_what_is_traded() -> None:
    given = {"level": "1.5", "quantity": "-3.25", "instrument_id": "AAPL"}
    assert check_parameters(SETTINGS, given, "AAPL.XNAS") == {
        "level": "1.5",
        "quantity": "-3.25",
        "instrument_id": "AAPL.XNAS",
    }


GOOD = Wanted("holds", "", "AAPL", "1d", {})


@pytest.mark.parametrize(
    ("changes", "account_id", "pace", "reason"),
    [
        ({"strategy_id": ""}, "acc_1", 0, "MISSING_FIELD"),
        ({"instrument_id": ""}, "acc_1", 0, "MISSING_FIELD"),
        ({"timeframe": ""}, "acc_1", 0, "MISSING_FIELD"),
        ({}, "", 0, "MISSING_FIELD"),
        ({}, "acc_1", -1, "OUT_OF_RANGE"),
        ({}, "acc_1", float("nan"), "OUT_OF_RANGE"),
        ({"strategy_id": "nope"}, "acc_1", 0, "STRATEGY_NOT_FOUND"),
        ({"version_id": "sha256:0"}, "acc_1", 0, "VERSION_NOT_FOUND"),
        ({"instrument_id": "NOPE"}, "acc_1", 0, "INSTRUMENT_NOT_FOUND"),
        ({"timeframe": "2d"}, "acc_1", 0, "UNKNOWN_TIMEFRAME"),
        ({"timeframe": "1m"}, "acc_1", 0, "NO_BARS"),
        ({"start_ts": 10, "end_ts": 10}, "acc_1", 0, "END_BEFORE_START"),
        ({"start_ts": 2**62}, "acc_1", 0, "NO_BARS"),
        ({"parameters": {"at": "1"}}, "acc_1", 0, "UNKNOWN_PARAMETER"),
        ({"parameters": {"at_bar": "x"}}, "acc_1", 0, "INVALID_PARAMETER"),
        ({}, "acc_9", 0, "ACCOUNT_NOT_FOUND"),
    ],
)
async def test_what_cannot_run_is_refused_and_nothing_is_kept(
    house: House, changes: dict[str, object], account_id: str, pace: float, reason: str
) -> None:
    await keep(house, "holds", HOLDS)
    wanted = msgspec.structs.replace(GOOD, **changes)
    with pytest.raises(DomainError) as refused:
        await house.start_run(wanted, account_id, pace, request=a_request())
    assert refused.value.reason == reason
    assert not await house.runs.page(TENANT, active_only=False, after="", limit=10)


async def test_the_same_request_starts_one_run(house: House) -> None:
    await keep(house, "holds", HOLDS)
    request = a_request()
    run = await house.start_run(GOOD, "acc_1", 5, request=request)
    assert await house.start_run(GOOD, "acc_1", 5, request=request) == run
    assert len(await house.runs.page(TENANT, active_only=True, after="", limit=10)) == 1


async def test_fifty_calls_with_one_request_id_start_one_run(house: House) -> None:
    await keep(house, "holds", HOLDS)
    request = a_request()
    started = await asyncio.gather(
        *(house.start_run(GOOD, "acc_1", 0.0, request=request) for _ in range(50))
    )
    assert len(set(map(str, started))) == 1
    await house.host.wait(started[0].run_id)
    assert await house.start_run(GOOD, "acc_1", 0.0, request=request) == started[0]
    (run,) = await house.runs.page(TENANT, active_only=False, after="", limit=10)
    assert run.state is RunState.FINISHED


async def test_a_run_keeps_the_version_it_was_started_with(tmp_path: Path, desk) -> None:
    async with a_house(tmp_path, desk) as house:
        await furnish(house)
        old = await keep(house, "holds", HOLDS)
        new = await keep(house, "holds", HOLDS + "\n# newer\n")
        run = await house.start_run(GOOD, "acc_1", 5, request=a_request())
        assert run.version_id == new.version_id != old.version_id
