"""Imports from the declaration to the last bar, and what a crash in between leaves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from apps.market_data.imports.import_terms import WantedImport
from domain.errors import InvalidRequest, NotAllowedNow, NotFound, QuotaExceeded
from domain.market_data import imports as imports_module
from domain.market_data.imports import LARGEST_CHUNK, Import, ImportState
from ports.bar_store import Adjustment
from ports.request_log import RequestIdReused
from tests.unit.market_data.house import APPLE, House, ManualClock, a_house, a_request

WANTED = WantedImport("AAPL.XNAS", "1d")
HEADER = "date,open,high,low,close,volume\n"
FILE = HEADER + "2014-01-02,10,12,9,11,500\n2014-01-03,11,13,10,12,600\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        yield house


async def closes(house: House, name: str = "AAPL.XNAS") -> list[float]:
    return (await house.bars.read(name, "1d", adjustment=Adjustment.NONE)).close.tolist()


async def test_a_small_file_comes_with_its_declaration(house: House) -> None:
    one = await house.import_csv(FILE, WANTED)
    assert one.state is ImportState.SUCCEEDED
    assert (one.read_rows, one.bar_count, one.received_bytes) == (2, 2, len(FILE))
    assert one.end_ts > 0
    assert await closes(house) == [11, 12]
    assert list((house.folder / "imports").iterdir()) == []


async def test_a_large_file_comes_in_chunks_cut_anywhere(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    assert one.state is ImportState.UPLOADING
    data = FILE.encode()
    for at in range(0, len(data), 7):
        chunk = data[at : at + 7]
        one = await house.upload_chunk(
            one.import_id, at, chunk, last=at + 7 >= len(data), request=a_request(str(at))
        )
        assert one.received_bytes == at + len(chunk)
    assert (await house.ended(one.import_id)).state is ImportState.SUCCEEDED
    assert await closes(house) == [11, 12]


async def test_the_file_may_end_with_an_empty_chunk(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    await house.upload_chunk(one.import_id, 0, FILE.encode(), last=False, request=a_request("a"))
    await house.upload_chunk(one.import_id, len(FILE), b"", last=True, request=a_request("b"))
    assert (await house.ended(one.import_id)).bar_count == 2


async def test_one_bad_row_keeps_the_whole_file_out(house: House) -> None:
    text = FILE + "2014-01-06,9,8,10,9,700\n2014-01-07,11,13,10,ten,600\n"
    one = await house.import_csv(text, WANTED)
    assert one.state is ImportState.FAILED
    assert (one.error_reason, one.bar_count, one.refused_row_count) == ("REFUSED_ROWS", 0, 2)
    assert [(row.line, row.column, row.reason) for row in one.refused_rows] == [
        (4, "high", "HIGH_BELOW_LOW"),
        (5, "close", "NOT_A_NUMBER"),
    ]
    assert await house.bars.series() == []


async def test_a_file_without_a_column_names_it(house: House) -> None:
    one = await house.import_csv(FILE.replace("volume", "vol"), WANTED)
    assert (one.state, one.error_reason) == (ImportState.FAILED, "MISSING_COLUMN")
    assert [(row.line, row.column) for row in one.refused_rows] == [(1, "volume")]
    assert "volume" in one.error_message


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x89PNG\r\n", "NOT_TEXT"), (HEADER.encode(), "EMPTY_FILE"), (b"\n", "EMPTY_FILE")],
)
async def test_a_file_that_is_none_says_so(house: House, data: bytes, reason: str) -> None:
    one = await house.import_csv(data, WANTED)
    assert (one.state, one.error_reason) == (ImportState.FAILED, reason)


async def test_an_instrument_nobody_knew_is_there_after_its_import(house: House) -> None:
    one = await house.import_csv(FILE, WantedImport("KO.XNYS", "1d"))
    assert one.state is ImportState.SUCCEEDED
    new = await house.instruments.get("KO")
    assert (new.symbol, new.venue, new.timezone) == ("KO", "XNYS", "America/New_York")
    assert (str(new.tick_size), str(new.lot_size), new.currency) == ("0.01", "1", "USD")
    assert await closes(house, "KO") == [11, 12]


async def test_a_failed_import_leaves_no_instrument_behind(house: House) -> None:
    await house.import_csv("nothing", WantedImport("KO.XNYS", "1d"))
    with pytest.raises(NotFound):
        await house.instruments.get("KO.XNYS")


async def test_a_bare_symbol_that_is_known_is_enough(house: House) -> None:
    assert (await house.import_csv(FILE, WantedImport("AAPL", "1d"))).instrument_id == "AAPL.XNAS"


@pytest.mark.parametrize(
    ("wanted", "reason", "field"),
    [
        (WantedImport("KO", "1d"), "INSTRUMENT_NOT_FOUND", None),
        (WantedImport("../../etc.XNAS", "1d"), "INSTRUMENT_NOT_FOUND", None),
        (WantedImport("ko.xnys", "1d"), "INSTRUMENT_NOT_FOUND", None),
        (WantedImport("", "1d"), "MISSING_FIELD", "import.instrument_id"),
        (WantedImport("AAPL", ""), "MISSING_FIELD", "import.timeframe"),
        (WantedImport("AAPL", "2d"), "UNKNOWN_TIMEFRAME", "import.timeframe"),
        (WantedImport("AAPL", "1d", "Mars/Base"), "UNKNOWN_TIME_ZONE", "import.time_zone"),
        (WantedImport("AAPL", "1d", "../passwd"), "UNKNOWN_TIME_ZONE", "import.time_zone"),
    ],
)
async def test_a_declaration_that_cannot_be_is_refused_and_not_kept(
    house: House, wanted: WantedImport, reason: str, field: str | None
) -> None:
    with pytest.raises((InvalidRequest, NotFound)) as refusal:
        await house.create_import(wanted, FILE.encode(), request=a_request("x"))
    assert refusal.value.reason == reason
    if field is not None:
        assert isinstance(refusal.value, InvalidRequest)
        assert list(refusal.value.violations) == [field]
    assert await house.imports.page("local", after="", limit=10) == []
    assert not (house.folder / "imports").exists()


async def test_a_chunk_out_of_place_is_refused_with_the_right_place(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    await house.upload_chunk(one.import_id, 0, b"date,", last=False, request=a_request("a"))
    for offset in (0, 4, 6):
        with pytest.raises(NotAllowedNow) as refusal:
            await house.upload_chunk(
                one.import_id, offset, b"open", last=True, request=a_request(f"at {offset}")
            )
        assert refusal.value.reason == "WRONG_OFFSET"
        assert refusal.value.facts["received_bytes"] == "5"
    assert (await house.imports.get("local", one.import_id)).state is ImportState.UPLOADING


async def test_a_complete_file_takes_no_more(house: House) -> None:
    one = await house.import_csv(FILE, WANTED)
    with pytest.raises(NotAllowedNow) as refusal:
        await house.upload_chunk(one.import_id, 0, b"x", last=True, request=a_request("more"))
    assert refusal.value.reason == "IMPORT_NOT_UPLOADING"


async def test_chunks_and_files_have_a_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    with pytest.raises(QuotaExceeded) as refusal:
        await house.upload_chunk(
            one.import_id, 0, b"x" * (LARGEST_CHUNK + 1), last=False, request=a_request("a")
        )
    assert refusal.value.reason == "CHUNK_TOO_LARGE"
    monkeypatch.setattr(imports_module, "LARGEST_FILE", 10)
    with pytest.raises(QuotaExceeded) as refusal:
        await house.upload_chunk(one.import_id, 0, b"x" * 11, last=False, request=a_request("b"))
    assert refusal.value.reason == "IMPORT_TOO_LARGE"


async def test_the_same_request_has_one_answer_and_one_import(house: House) -> None:
    request = a_request("same")
    answers = await asyncio.gather(
        *(house.create_import(WANTED, FILE.encode(), request=request) for _ in range(20))
    )
    assert len({one.import_id for one in answers}) == 1
    assert len(await house.imports.page("local", after="", limit=10)) == 1
    assert (await house.ended(answers[0].import_id)).bar_count == 2
    assert await house.create_import(WANTED, FILE.encode(), request=request) == answers[0]


async def test_a_request_id_with_another_body_is_refused(house: House) -> None:
    await house.create_import(WANTED, b"", request=a_request("same", "one"))
    with pytest.raises(RequestIdReused):
        await house.create_import(WANTED, b"", request=a_request("same", "other"))


async def test_a_chunk_sent_again_adds_nothing(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    data = FILE.encode()
    answers = await asyncio.gather(
        *(
            house.upload_chunk(one.import_id, 0, data, last=True, request=a_request("chunk"))
            for _ in range(10)
        )
    )
    assert {answer.received_bytes for answer in answers} == {len(data)}
    assert (await house.ended(one.import_id)).bar_count == 2


async def test_two_clients_racing_for_one_place_do_not_mix_their_bytes(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    other = FILE.replace("500", "501")
    results = await asyncio.gather(
        house.upload_chunk(one.import_id, 0, FILE.encode(), last=True, request=a_request("a")),
        house.upload_chunk(one.import_id, 0, other.encode(), last=True, request=a_request("b")),
        return_exceptions=True,
    )
    (won,) = (result for result in results if isinstance(result, Import))
    assert sum(isinstance(result, NotAllowedNow) for result in results) == 1
    await house.ended(won.import_id)
    volume = (await house.bars.read("AAPL", "1d")).volume[0]
    assert volume == (500 if isinstance(results[0], Import) else 501)


async def test_another_tenant_sees_none_of_it(house: House) -> None:
    one = await house.create_import(WANTED, b"", request=a_request("declare"))
    with pytest.raises(NotFound):
        await house.imports.get("other", one.import_id)
    with pytest.raises(NotFound):
        await house.upload_chunk(
            one.import_id, 0, b"x", last=False, request=a_request("x", tenant="other")
        )
    assert await house.imports.page("other", after="", limit=10) == []


async def test_imports_are_listed_newest_first_in_pages(house: House) -> None:
    made = [
        (await house.create_import(WANTED, b"", request=a_request(str(n)))).import_id
        for n in range(5)
    ]
    listed: list[str] = []
    while page := await house.imports.page("local", after=listed[-1] if listed else "", limit=2):
        listed += [one.import_id for one in page]
    assert listed == made[::-1]


async def test_every_change_is_told_in_order(tmp_path: Path) -> None:
    class Busy(ManualClock):
        def now(self) -> int:
            self.ts += 10**9  # time flies, so that each piece is reported
            return self.ts

    async with a_house(tmp_path, clock=Busy()) as house:
        days = [
            f"20{n // 12:02d}-{n % 12 + 1:02d}-{d:02d}" for n in range(600) for d in range(1, 29)
        ]
        text = HEADER + "".join(f"{day},10,12,9,11,500\n" for day in days)
        one = await house.import_csv(text, WANTED)
        assert one.state is ImportState.SUCCEEDED
        events = await house.bus.read("imports", one.import_id, after=0)
        told = [msgspec.msgpack.decode(event.payload, type=Import) for event in events]
    assert [event.kind for event in events] == ["import"] * len(events)
    assert [told[0].state, told[-1]] == [ImportState.RUNNING, one]
    progress = [at.read_rows for at in told]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2


async def test_an_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    data = FILE.encode()
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        one = await house.create_import(WANTED, b"", request=a_request("declare"))
        await house.upload_chunk(one.import_id, 0, data[:20], last=False, request=a_request("a"))
    async with a_house(tmp_path) as house:
        found = await house.imports.get("local", one.import_id)
        assert (found.state, found.received_bytes) == (ImportState.UPLOADING, 20)
        await house.upload_chunk(one.import_id, 20, data[20:], last=True, request=a_request("b"))
        assert (await house.ended(one.import_id)).bar_count == 2


async def test_an_upload_that_nobody_completes_has_failed_a_day_later(tmp_path: Path) -> None:
    day = 24 * 3600 * 10**9
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        one = await house.create_import(WANTED, b"", request=a_request("declare"))
        await house.upload_chunk(one.import_id, 0, b"time", last=False, request=a_request("a"))
    async with a_house(tmp_path, clock=ManualClock(one.create_ts + day - 1)) as house:
        found = await house.imports.get("local", one.import_id)
        assert found.state is ImportState.UPLOADING
    async with a_house(tmp_path, clock=ManualClock(one.create_ts + day)) as house:
        found = await house.imports.get("local", one.import_id)
        assert (found.state, found.error_reason) == (ImportState.FAILED, "UPLOAD_ABANDONED")
        assert list((tmp_path / "imports").iterdir()) == []


async def test_bytes_of_a_chunk_that_was_never_counted_do_not_stay(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        one = await house.create_import(WANTED, b"", request=a_request("declare"))
        await house.spool.write(one.import_id, 0, b"x" * 1000)  # and then the power went
    async with a_house(tmp_path) as house:
        await house.upload_chunk(one.import_id, 0, FILE.encode(), last=True, request=a_request("a"))
        assert (await house.ended(one.import_id)).state is ImportState.SUCCEEDED


async def test_a_file_that_was_being_read_is_read_again_after_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path, working=False) as house:
        await house.instruments.save(APPLE)
        one = await house.create_import(WANTED, FILE.encode(), request=a_request("declare"))
        assert one.state is ImportState.RUNNING
    async with a_house(tmp_path) as house:
        assert (await house.ended(one.import_id)).bar_count == 2
        assert await closes(house) == [11, 12]


async def test_a_crash_after_the_bars_were_kept_ends_in_the_same_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        monkeypatch.setattr(house.quality, "keep", _power_goes)
        one = await house.create_import(WANTED, FILE.encode(), request=a_request("declare"))
        await house.runner.wait(one.import_id)
        left = await house.imports.get("local", one.import_id)
        assert (left.state, left.is_keeping) == (ImportState.RUNNING, True)
        assert await closes(house) == [11, 12]
        with pytest.raises(NotAllowedNow) as refusal:
            await house.cancel_import(one.import_id, request=a_request("cancel"))
        assert refusal.value.reason == "IMPORT_ENDED"
    monkeypatch.undo()
    async with a_house(tmp_path) as house:
        assert (await house.ended(one.import_id)).bar_count == 2
        assert (await house.bars.series())[0].bar_count == 2


async def test_a_start_throws_away_files_that_no_import_waits_for(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.spool.write("imp_nobody", 0, b"x")
    async with a_house(tmp_path):
        assert list((tmp_path / "imports").iterdir()) == []


async def test_one_import_that_breaks_does_not_stop_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(house.bars, "append_pieces", _crash)
        one = await house.import_csv(FILE, WANTED, name="first")
    assert (one.state, one.error_reason) == (ImportState.FAILED, "INTERNAL_ERROR")
    assert "ConnectionAborted" not in one.error_message
    assert (await house.import_csv(FILE, WANTED, name="second")).state is ImportState.SUCCEEDED


async def _crash(*_: object, **__: object) -> None:
    raise ConnectionAbortedError


async def _power_goes(*_: object, **__: object) -> None:
    raise asyncio.CancelledError
