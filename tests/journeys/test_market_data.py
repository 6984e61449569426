"""Instruments, bars, corporate actions and imports: over REST, gRPC and gRPC-web."""

import base64
import itertools
import random

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id
from tests.journeys.node import Node
from trademesh.market_data.v1 import import_pb2, import_service_pb2, market_data_service_pb2
from trademesh.market_data.v1.import_service_pb2_grpc import ImportServiceStub
from trademesh.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub

AAPL_BARS = "/v1/instruments/AAPL/bars"
AAPL_STREAM = "/v1/instruments/AAPL/bars:stream"
SPRING = {"start_time": "2005-02-01T00:00:00Z", "end_time": "2005-04-01T00:00:00Z"}
CSV = b"""date,open,high,low,close,volume
2020-01-02,10,12,9,11,100
2020-01-03,11,13,10,12,200
"""


@pytest.fixture
def market(grpc_client: Grpc):
    return grpc_client.stub(MarketDataServiceStub)


@pytest.fixture
def imports(grpc_client: Grpc):
    return grpc_client.stub(ImportServiceStub)


@pytest.fixture
def instrument() -> str:
    """One that nobody else imports into."""
    return f"T{random.randrange(10**9)}.XNAS"


def test_instruments(rest: Rest, market) -> None:
    listed = rest.get("/v1/instruments").json["instruments"]
    ids = [each["instrument_id"] for each in listed]
    assert {"AAPL.XNAS", "FB.XNAS", "GOOG.XNAS", "IBM.XNYS", "MSFT.XNAS"} <= set(ids)
    assert ids == sorted(ids)
    over_grpc = market.ListInstruments(market_data_service_pb2.ListInstrumentsRequest())
    assert [each.instrument_id for each in over_grpc.instruments] == ids


def test_an_instrument_by_its_bare_symbol(rest: Rest, market) -> None:
    found = rest.get("/v1/instruments/AAPL").json["instrument"]
    assert found["instrument_id"] == "AAPL.XNAS"
    assert (found["tick_size"], found["lot_size"]) == ("0.01", "1")
    request = market_data_service_pb2.GetInstrumentRequest(instrument_id="AAPL")
    assert market.GetInstrument(request).instrument.name == found["name"]


def test_bars_page_by_page_are_the_bars_of_one_page(rest: Rest) -> None:
    whole = rest.get(AAPL_BARS, timeframe="1d", page_size=1000, **SPRING).json
    assert whole["next_page_token"] == ""
    pages, token = [], None
    while token != "":
        query = {"page_token": token} if token else {}
        page = rest.get(AAPL_BARS, timeframe="1d", page_size=7, **SPRING, **query).json
        assert len(page["bars"]) <= 7
        pages += page["bars"]
        token = page["next_page_token"]
    assert pages == whole["bars"]
    assert len(pages) == 41  # the sessions of February and March 2005


def test_a_split_is_no_fall(rest: Rest) -> None:
    adjusted = rest.get(AAPL_BARS, timeframe="1d", **SPRING).json["bars"]
    raw = rest.get(AAPL_BARS, timeframe="1d", adjustment="ADJUSTMENT_NONE", **SPRING).json["bars"]
    falls = [after["close"] / before["close"] for before, after in itertools.pairwise(adjusted)]
    assert min(falls) > 0.8
    raw_falls = [after["close"] / before["close"] for before, after in itertools.pairwise(raw)]
    assert min(raw_falls) < 0.6  # two for one on 2005-02-28


def test_bars_over_grpc_are_those_over_rest(rest: Rest, market) -> None:
    request = market_data_service_pb2.ListBarsRequest(instrument_id="AAPL", timeframe="1d")
    request.start_time.FromJsonString(SPRING["start_time"])
    request.end_time.FromJsonString(SPRING["end_time"])
    over_grpc = market.ListBars(request).bars
    over_rest = rest.get(AAPL_BARS, timeframe="1d", **SPRING).json["bars"]
    assert [bar.close for bar in over_grpc] == [bar["close"] for bar in over_rest]
    assert [bar.close_time.ToJsonString() for bar in over_grpc] == [
        bar["close_time"] for bar in over_rest
    ]


def test_corporate_actions_and_the_catalogue(rest: Rest, market) -> None:
    actions = rest.get("/v1/instruments/AAPL/corporate_actions").json["corporate_actions"]
    splits = [each["ex_date"] for each in actions if each["kind"] == "KIND_SPLIT"]
    assert splits == ["2000-06-21", "2005-02-28"]
    series = rest.get("/v1/bar_series").json["bar_series"]
    [aapl] = [each for each in series if each["instrument_id"] == "AAPL.XNAS"]
    assert (aapl["timeframe"], aapl["source"]) == ("1d", "sample")
    request = market_data_service_pb2.ListCorporateActionsRequest(instrument_id="AAPL")
    assert len(market.ListCorporateActions(request).corporate_actions) == len(actions)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_stream_of_bars_over_rest(rest: Rest, accept: str) -> None:
    messages = list(rest.lines(AAPL_STREAM, accept, timeframe="1d", batch_size=10, **SPRING))
    assert [len(message["bars"]) for message in messages] == [10, 10, 10, 10, 1]
    streamed = [bar for message in messages for bar in message["bars"]]
    assert streamed == rest.get(AAPL_BARS, timeframe="1d", **SPRING).json["bars"]


def test_a_stream_of_bars_over_grpc_web(platform, node: Node, rest: Rest) -> None:
    reply = node.call(
        platform.rest,
        "market_data/v1/market_data_service",
        "MarketDataService",
        "streamBars",
        token=platform.token,
        request={"instrument_id": "AAPL", "timeframe": "1d", "batch_size": 10, **SPRING},
    )
    assert reply.error is None
    streamed = [bar["close"] for message in reply.messages for bar in message["bars"]]
    bars = rest.get(AAPL_BARS, timeframe="1d", **SPRING).json["bars"]
    assert streamed == [bar["close"] for bar in bars]


def test_a_stream_cut_at_any_point_goes_on_behind_its_cursor(market) -> None:
    draw, cuts = random.Random(2005), 0

    def stream(cursor: str = ""):
        request = market_data_service_pb2.StreamBarsRequest(
            instrument_id="MSFT", timeframe="1d", batch_size=8, cursor=cursor
        )
        return market.StreamBars(request)

    whole = [bar.open_time.seconds for message in stream() for bar in message.bars]
    seen, cursor, ended = [], "", False
    for _ in range(500):
        budget = draw.randrange(1, 5)
        for message in itertools.islice(stream(cursor), budget):
            seen += [bar.open_time.seconds for bar in message.bars]
            cursor = message.cursor
            budget -= 1
        ended = budget > 0
        if ended:
            break
        cuts += 1
    assert ended
    assert cuts >= 100
    assert seen == whole


def test_an_import(rest: Rest, instrument: str) -> None:
    started = import_csv(rest, instrument, CSV)
    [*_, last] = rest.lines(f"/v1/imports/{started}:watch")
    assert last["import"]["state"] == "STATE_SUCCEEDED"
    assert last["import"]["bar_count"] == "2"
    assert rest.get(f"/v1/imports/{started}").json["import"] == last["import"]
    listed = rest.get("/v1/imports").json["imports"]
    assert started in [each["import_id"] for each in listed]
    bars = rest.get(f"/v1/instruments/{instrument}/bars", timeframe="1d").json["bars"]
    assert [bar["close"] for bar in bars] == [11, 12]


def test_an_import_in_chunks_over_grpc(imports, market, instrument: str) -> None:
    declared = imports.CreateImport(
        import_service_pb2.CreateImportRequest(
            **{"import": import_pb2.Import(instrument_id=instrument, timeframe="1d")},
            request_id=new_id(),
        )
    )
    import_id = getattr(declared, "import").import_id
    middle = len(CSV) // 2
    for offset, data in ((0, CSV[:middle]), (middle, CSV[middle:])):
        imports.UploadImportChunk(
            import_service_pb2.UploadImportChunkRequest(
                import_id=import_id,
                offset=offset,
                data=data,
                last=offset > 0,
                request_id=new_id(),
            )
        )
    watch = imports.WatchImport(import_service_pb2.WatchImportRequest(import_id=import_id))
    [*_, last] = watch
    assert getattr(last, "import").state == import_pb2.Import.STATE_SUCCEEDED
    request = market_data_service_pb2.ListBarsRequest(instrument_id=instrument, timeframe="1d")
    assert len(market.ListBars(request).bars) == 2


ROWS = {
    "text in a price": (b"2020-01-06,abc,13,10,12,1\n", 2, "open", "NOT_A_NUMBER"),
    "high below low": (b"2020-01-06,10,9,11,10,1\n", 2, "high", "HIGH_BELOW_LOW"),
    "a date twice": (b"2020-01-06,1,1,1,1,1\n2020-01-06,1,1,1,1,2\n", 3, None, "DUPLICATE_TIME"),
    "dates back": (b"2020-01-07,1,1,1,1,1\n2020-01-06,1,1,1,1,1\n", 3, None, "UNSORTED_TIME"),
}


@pytest.mark.parametrize(("rows", "line", "column", "reason"), ROWS.values(), ids=ROWS.keys())
def test_a_bad_row_is_named_and_nothing_is_kept(
    rest: Rest, instrument: str, rows: bytes, line: int, column: str | None, reason: str
) -> None:
    started = import_csv(rest, instrument, b"date,open,high,low,close,volume\n" + rows)
    [*_, last] = rest.lines(f"/v1/imports/{started}:watch")
    ended = last["import"]
    assert (ended["state"], ended["error_reason"]) == ("STATE_FAILED", "REFUSED_ROWS")
    refused = ended["refused_rows"][0]
    assert (int(refused["line"]), refused["reason"]) == (line, reason)
    if column:
        assert refused["column"] == column
    assert ended["bar_count"] == "0"
    kept = rest.get(f"/v1/instruments/{instrument}/bars", timeframe="1d")
    assert kept.status == 404 or kept.json["bars"] == []


def test_a_missing_column_is_named(rest: Rest, instrument: str) -> None:
    started = import_csv(rest, instrument, b"date,open,high,low,volume\n2020-01-06,1,1,1,1\n")
    [*_, last] = rest.lines(f"/v1/imports/{started}:watch")
    assert last["import"]["error_reason"] == "MISSING_COLUMN"
    assert "close" in last["import"]["error_message"]


def test_times_without_a_zone_are_refused(rest: Rest, instrument: str) -> None:
    content = b"time,open,high,low,close,volume\n2020-01-06 15:30:00,1,1,1,1,1\n"
    started = import_csv(rest, instrument, content, timeframe="1m")
    [*_, last] = rest.lines(f"/v1/imports/{started}:watch")
    assert last["import"]["refused_rows"][0]["reason"] == "TIME_WITHOUT_ZONE"


BAD_QUERIES = {
    "no timeframe": (AAPL_BARS, {}, "MISSING_FIELD", ["timeframe"]),
    "no such timeframe": (AAPL_BARS, {"timeframe": "7x"}, "UNKNOWN_TIMEFRAME", ["timeframe"]),
    "end before start": (
        AAPL_BARS,
        {"timeframe": "1d", "start_time": SPRING["end_time"], "end_time": SPRING["start_time"]},
        "END_BEFORE_START",
        ["end_time"],
    ),
    "negative page": (
        "/v1/instruments",
        {"page_size": -1},
        "PAGE_SIZE_NEGATIVE",
        ["page_size"],
    ),
    "a token of nobody": (
        "/v1/instruments",
        {"page_token": "abc"},
        "PAGE_TOKEN_INVALID",
        ["page_token"],
    ),
    "a cursor of nobody": (
        AAPL_STREAM,
        {"timeframe": "1d", "cursor": "abc"},
        "CURSOR_INVALID",
        ["cursor"],
    ),
}


@pytest.mark.parametrize(
    ("path", "query", "reason", "fields"), BAD_QUERIES.values(), ids=BAD_QUERIES.keys()
)
def test_a_bad_query_names_its_field(rest: Rest, path, query, reason, fields) -> None:
    answer = rest.get(path, **query)
    assert (answer.status, answer.reason, answer.fields) == (400, reason, fields)


def test_a_page_token_belongs_to_its_query(rest: Rest) -> None:
    token = rest.get(AAPL_BARS, timeframe="1d", page_size=2).json["next_page_token"]
    other = rest.get("/v1/instruments/IBM/bars", timeframe="1d", page_size=2, page_token=token)
    assert (other.status, other.reason, other.fields) == (400, "PAGE_TOKEN_INVALID", ["page_token"])


@pytest.mark.parametrize(
    "path",
    ["/v1/instruments/NOPE", "/v1/instruments/NOPE/bars", "/v1/instruments/NOPE/bars:stream"],
)
def test_an_unknown_instrument(rest: Rest, path: str) -> None:
    query = {} if path.endswith("NOPE") else {"timeframe": "1d"}
    answer = rest.get(path, **query)
    assert (answer.status, answer.reason) == (404, "INSTRUMENT_NOT_FOUND")


def test_an_unknown_import(rest: Rest, imports) -> None:
    answer = rest.get("/v1/imports/imp_nobody")
    assert (answer.status, answer.reason) == (404, "IMPORT_NOT_FOUND")
    with pytest.raises(Refused) as refused:
        imports.GetImport(import_service_pb2.GetImportRequest(import_id="imp_nobody"))
    assert refused.value.reason == "IMPORT_NOT_FOUND"


@pytest.mark.parametrize("token", [None, "a.b.c"])
def test_nothing_without_a_token(rest: Rest, token: str | None) -> None:
    answer = rest.as_somebody(token).get("/v1/instruments")
    assert (answer.status, answer.reason) == (401, "TOKEN_INVALID" if token else "TOKEN_MISSING")


def import_csv(rest: Rest, instrument: str, content: bytes, timeframe: str = "1d") -> str:
    wanted = {"instrument_id": instrument, "timeframe": timeframe}
    data = base64.b64encode(content).decode()
    answer = rest.post("/v1/imports", **{"import": wanted, "data": data})
    assert answer.status == 200, answer.json
    return str(answer.json["import"]["import_id"])
