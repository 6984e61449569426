"""The market data calls as a client makes them: through a real server with all interceptors."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from tests.unit.market_data.house import MINUTE, minute_bars
from tests.unit.market_data.service import INVALID, Client, refused
from trademesh.market_data.v1 import bar_pb2, import_pb2
from trademesh.market_data.v1 import import_service_pb2 as ipb
from trademesh.market_data.v1 import market_data_service_pb2 as pb

CSV = b"date,open,high,low,close,volume\n2014-01-02,10,12,9,11,500\n"


async def with_bars(client: Client, count: int) -> None:
    prices = [float(n + 1) for n in range(count)]
    bars = minute_bars(prices, start=3 * 1440)
    await client.house.bars.append("AAPL.XNAS", "1m", bars, source="import")


def a_query(**fields: Any) -> dict[str, Any]:
    return {"instrument_id": "AAPL", "timeframe": "1m", **fields}


async def test_an_instrument_by_its_symbol(client: Client) -> None:
    answer = await client.GetInstrument(pb.GetInstrumentRequest(instrument_id="AAPL"))
    told = answer.instrument
    assert (told.instrument_id, told.symbol, told.venue) == ("AAPL.XNAS", "AAPL", "XNAS")
    assert (told.name, told.currency, told.time_zone) == ("Apple Inc.", "USD", "America/New_York")
    assert (told.tick_size, told.lot_size) == ("0.01", "1")


async def test_what_companies_did(client: Client) -> None:
    answer = await client.ListCorporateActions(
        pb.ListCorporateActionsRequest(instrument_id="AAPL", page_size=1)
    )
    (split,) = answer.corporate_actions
    assert (split.ex_date, split.ratio, split.amount) == ("1970-01-02", "2", "")
    rest = await client.ListCorporateActions(
        pb.ListCorporateActionsRequest(
            instrument_id="AAPL.XNAS", page_size=1, page_token=answer.next_page_token
        )
    )
    (dividend,) = rest.corporate_actions
    assert (dividend.ex_date, dividend.ratio, dividend.amount) == ("1970-01-03", "", "2.65")
    assert rest.next_page_token == ""


async def test_pages_of_bars_have_no_hole_and_no_bar_twice(client: Client) -> None:
    await with_bars(client, 25)
    closes, token = [], ""
    while True:
        request = pb.ListBarsRequest(**a_query(page_size=10, page_token=token))
        answer = await client.ListBars(request)
        closes += [bar.close for bar in answer.bars]
        token = answer.next_page_token
        if not token:
            break
    assert closes == [n + 1 for n in range(25)]


async def test_a_bar_tells_its_span_and_values(client: Client) -> None:
    await with_bars(client, 1)
    (bar,) = (await client.ListBars(pb.ListBarsRequest(**a_query()))).bars
    assert bar.close_time.seconds - bar.open_time.seconds == 60
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (1, 2, 0.5, 1, 10)


async def test_splits_are_out_unless_raw_bars_are_asked_for(client: Client) -> None:
    await client.house.bars.append("AAPL.XNAS", "1m", minute_bars([100]), source="import")
    (bar,) = (await client.ListBars(pb.ListBarsRequest(**a_query()))).bars
    assert bar.close == 50
    raw = pb.ListBarsRequest(**a_query(adjustment=bar_pb2.ADJUSTMENT_NONE))
    assert (await client.ListBars(raw)).bars[0].close == 100


async def test_a_range_of_bars(client: Client) -> None:
    await with_bars(client, 10)
    request = pb.ListBarsRequest(**a_query())
    request.start_time.FromNanoseconds((3 * 1440 + 2) * MINUTE)
    request.end_time.FromNanoseconds((3 * 1440 + 4) * MINUTE)
    assert [bar.close for bar in (await client.ListBars(request)).bars] == [3, 4]


async def test_the_catalogue(client: Client) -> None:
    await with_bars(client, 3)
    (series,) = (await client.ListBarSeries(pb.ListBarSeriesRequest())).bar_series
    assert (series.instrument_id, series.timeframe, series.bar_count) == ("AAPL.XNAS", "1m", 3)
    assert series.source == "import"
    assert series.last_open_time.seconds - series.first_open_time.seconds == 120


END_FIRST = {"start_time": {"seconds": 200}, "end_time": {"seconds": 100}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"instrument_id": "NONE"}, (grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", [])),
        ({"instrument_id": ""}, (INVALID, "MISSING_FIELD", ["instrument_id"])),
        ({"timeframe": "7m"}, (INVALID, "UNKNOWN_TIMEFRAME", ["timeframe"])),
        ({"timeframe": ""}, (INVALID, "MISSING_FIELD", ["timeframe"])),
        (END_FIRST, (INVALID, "END_BEFORE_START", ["end_time"])),
        ({"start_time": {"seconds": 10**11}}, (INVALID, "BAD_TIME", ["start_time"])),
        ({"adjustment": 9}, (INVALID, "UNKNOWN_VALUE", ["adjustment"])),
    ],
)
async def test_a_bad_query_says_what_is_wrong_in_lists_and_streams(
    client: Client, fields: dict[str, Any], expected: tuple[grpc.StatusCode, str, list[str]]
) -> None:
    query = a_query() | fields
    assert await refused(client.ListBars(pb.ListBarsRequest(**query))) == expected
    assert await refused(client.StreamBars(pb.StreamBarsRequest(**query))) == expected


async def test_a_page_token_of_another_query_is_refused(client: Client) -> None:
    await with_bars(client, 3)
    token = (await client.ListBars(pb.ListBarsRequest(**a_query(page_size=1)))).next_page_token
    other = a_query(page_size=1, page_token=token, adjustment=bar_pb2.ADJUSTMENT_NONE)
    refusal = (INVALID, "PAGE_TOKEN_INVALID", ["page_token"])
    assert await refused(client.ListBars(pb.ListBarsRequest(**other))) == refusal
    instruments = pb.ListInstrumentsRequest(page_token=token)
    assert await refused(client.ListInstruments(instruments)) == refusal
    stream = pb.StreamBarsRequest(**a_query(cursor="forged"))
    assert (await refused(client.StreamBars(stream)))[1] == "CURSOR_INVALID"


async def test_a_stream_comes_in_batches_and_ends_with_the_last_bar(client: Client) -> None:
    await with_bars(client, 25)
    stream = client.StreamBars(pb.StreamBarsRequest(**a_query(batch_size=10)))
    sizes = [len(message.bars) async for message in stream]
    assert sizes == [10, 10, 5]


async def test_a_stream_cut_anywhere_goes_on_without_hole_or_repetition(client: Client) -> None:
    await with_bars(client, 40)
    closes, cursor = [], ""
    for size in (1, 3, 7, 2, 5, 4, 6, 1024):
        stream = client.StreamBars(pb.StreamBarsRequest(**a_query(batch_size=size, cursor=cursor)))
        async for message in stream:
            closes += [bar.close for bar in message.bars]
            cursor = message.cursor
            if size < 1024:
                stream.cancel()
                break
    assert closes == [n + 1 for n in range(40)]


async def test_a_stream_that_stays_hears_of_what_is_imported_later(client: Client) -> None:
    await with_bars(client, 2)
    stream = client.StreamBars(pb.StreamBarsRequest(**a_query(follow=True)))
    heard = aiter(stream)
    assert [bar.close for bar in (await anext(heard)).bars] == [1, 2]
    later = asyncio.ensure_future(anext(heard))
    await with_bars(client, 4)
    assert [bar.close for bar in (await later).bars] == [3, 4]
    stream.cancel()


async def test_a_stream_that_stays_ends_when_its_range_is_complete(client: Client) -> None:
    await with_bars(client, 2)
    request = pb.StreamBarsRequest(**a_query(follow=True))
    request.end_time.FromNanoseconds((3 * 1440 + 3) * MINUTE)
    heard = aiter(client.StreamBars(request))
    await anext(heard)
    await with_bars(client, 5)
    assert [bar.close async for message in heard for bar in message.bars] == [3]


async def test_a_drain_ends_a_waiting_stream_so_that_it_can_be_resumed(client: Client) -> None:
    await with_bars(client, 2)
    stream = client.StreamBars(pb.StreamBarsRequest(**a_query(follow=True)))
    heard = aiter(stream)
    assert (await anext(heard)).cursor
    client.drain.start()
    assert (await refused(stream))[:2] == (grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")


def a_declaration(data: bytes = b"", **fields: Any) -> ipb.CreateImportRequest:
    wanted = {"instrument_id": "AAPL", "timeframe": "1d"} | fields
    return ipb.CreateImportRequest(**{"import": wanted}, data=data, request_id=str(uuid.uuid4()))


def imported(answer: Any) -> import_pb2.Import:
    return getattr(answer, "import")


async def test_an_import_watched_to_its_end(client: Client) -> None:
    declared = imported(await client.CreateImport(a_declaration()))
    assert declared.state == import_pb2.Import.STATE_UPLOADING
    watching = client.WatchImport(ipb.WatchImportRequest(import_id=declared.import_id))
    heard = aiter(watching)
    assert imported(await anext(heard)) == declared
    await client.UploadImportChunk(
        ipb.UploadImportChunkRequest(
            import_id=declared.import_id, data=CSV, last=True, request_id=str(uuid.uuid4())
        )
    )
    states = [imported(message).state async for message in heard]
    assert states[-1] == import_pb2.Import.STATE_SUCCEEDED
    assert set(states[:-1]) == {import_pb2.Import.STATE_RUNNING}
    found = imported(await client.GetImport(ipb.GetImportRequest(import_id=declared.import_id)))
    assert (found.bar_count, found.read_rows, found.received_bytes) == (1, 1, len(CSV))
    assert found.end_time.seconds > 0


async def test_a_watch_resumes_behind_its_cursor(client: Client) -> None:
    one = imported(await client.CreateImport(a_declaration(CSV)))
    request = ipb.WatchImportRequest(import_id=one.import_id)
    whole = [message async for message in client.WatchImport(request)]
    assert imported(whole[-1]).state == import_pb2.Import.STATE_SUCCEEDED
    request.cursor = whole[0].cursor
    rest = [message async for message in client.WatchImport(request)] if len(whole) > 1 else []
    assert rest == whole[1:]


async def test_refused_rows_arrive_with_line_column_reason_and_value(client: Client) -> None:
    declaration = a_declaration(CSV + b"2014-01-02,10,nine,9,11,500\n")
    one = imported(await client.CreateImport(declaration))
    watching = client.WatchImport(ipb.WatchImportRequest(import_id=one.import_id))
    ended = imported([message async for message in watching][-1])
    assert (ended.state, ended.error_reason) == (import_pb2.Import.STATE_FAILED, "REFUSED_ROWS")
    assert ended.refused_row_count == 1
    (row,) = ended.refused_rows
    assert (row.line, row.column, row.reason, row.value) == (
        3,
        "date",
        "DUPLICATE_TIME",
        "2014-01-02",
    )


async def test_imports_are_listed_in_pages(client: Client) -> None:
    made = [imported(await client.CreateImport(a_declaration())).import_id for _ in range(3)]
    first = await client.ListImports(ipb.ListImportsRequest(page_size=2))
    rest = await client.ListImports(
        ipb.ListImportsRequest(page_size=2, page_token=first.next_page_token)
    )
    assert [one.import_id for one in (*first.imports, *rest.imports)] == made[::-1]


async def test_a_page_token_of_another_tenant_is_refused(client: Client) -> None:
    for _ in range(2):
        await client.CreateImport(a_declaration())
    first = await client.ListImports(ipb.ListImportsRequest(page_size=1))
    stolen = ipb.ListImportsRequest(page_size=1, page_token=first.next_page_token)
    assert (await refused(client.ListImports(stolen, tenant="other")))[1] == "PAGE_TOKEN_INVALID"


async def test_an_import_of_another_tenant_does_not_exist(client: Client) -> None:
    one = imported(await client.CreateImport(a_declaration()))
    get = ipb.GetImportRequest(import_id=one.import_id)
    expected = (grpc.StatusCode.NOT_FOUND, "IMPORT_NOT_FOUND")
    assert (await refused(client.GetImport(get, tenant="other")))[:2] == expected
    watch = ipb.WatchImportRequest(import_id=one.import_id)
    assert (await refused(client.WatchImport(watch, tenant="other")))[:2] == expected


@pytest.mark.parametrize(
    ("fields", "reason", "at_fault"),
    [
        ({"timeframe": "2d"}, "UNKNOWN_TIMEFRAME", ["import.timeframe"]),
        ({"time_zone": "Nowhere"}, "UNKNOWN_TIME_ZONE", ["import.time_zone"]),
        ({"instrument_id": ""}, "MISSING_FIELD", ["import.instrument_id"]),
        ({"instrument_id": "KO"}, "INSTRUMENT_NOT_FOUND", []),
    ],
)
async def test_a_bad_declaration_names_the_field(
    client: Client, fields: dict[str, str], reason: str, at_fault: list[str]
) -> None:
    _, told, named = await refused(client.CreateImport(a_declaration(**fields)))
    assert (told, named) == (reason, at_fault)


async def test_a_declaration_without_a_request_id_is_refused(client: Client) -> None:
    request = a_declaration()
    request.request_id = ""
    assert (await refused(client.CreateImport(request)))[1:] == ("MISSING_FIELD", ["request_id"])
