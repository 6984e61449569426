"""Quotes, trades and synthetic markets: over REST, gRPC and gRPC-web."""

import itertools
import random
from typing import Any

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id
from tests.journeys.node import Node
from trademesh.market_data.v1 import import_service_pb2, market_data_service_pb2, tick_pb2
from trademesh.market_data.v1.import_service_pb2_grpc import ImportServiceStub
from trademesh.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub

CSV = b"""time,price,size
2024-01-02T14:30:00.000000001Z,10.01,100
2024-01-02T14:30:00.000000001Z,10.02,200
2024-01-02T14:30:00.000000001Z,10.02,200
2024-01-02T14:30:07Z,10.03,300
"""


@pytest.fixture(scope="module")
def made(rest: Rest) -> str:
    """A market that was made: minute bars, quotes and trades of one seed."""
    name = f"M{random.randrange(10**9)}.SYNTHETIC"
    for content in ("CONTENT_QUOTES", "CONTENT_TRADES", "CONTENT_BARS"):
        one = imported(rest, name, content, {"seed": "5", "gaps_per_100_sessions": 100})
        assert one["state"] == "STATE_SUCCEEDED"
    return name


@pytest.fixture
def market(grpc_client: Grpc):
    return grpc_client.stub(MarketDataServiceStub)


def imported(rest: Rest, name: str, content: str, terms: dict[str, Any]) -> dict[str, Any]:
    """The import once it has ended."""
    declared = {
        "instrument_id": name,
        "timeframe": "1m" if content == "CONTENT_BARS" else "",
        "content": content,
        "synthetic": {"start_date": "2024-01-02", "session_count": 2, **terms},
    }
    started = rest.post("/v1/imports", **{"import": declared})
    assert started.status == 200, started.json
    [*_, last] = rest.lines(f"/v1/imports/{started.json['import']['import_id']}:watch")
    return last["import"]


def test_a_made_market_is_labelled_wherever_it_shows(rest: Rest, made: str) -> None:
    bars = rest.get("/v1/bar_series", page_size=1000).json["bar_series"]
    ticks = rest.get("/v1/tick_series", page_size=1000).json["tick_series"]
    ours = [each for each in (*bars, *ticks) if each["instrument_id"] == made]
    assert [each["source"] for each in ours] == ["SYNTHETIC"] * 3
    assert [each.get("kind") for each in ours] == [None, "TICK_KIND_QUOTES", "TICK_KIND_TRADES"]
    assert rest.get(f"/v1/instruments/{made}").json["instrument"]["venue"] == "SYNTHETIC"


def test_made_rows_go_nowhere_else(rest: Rest) -> None:
    declared = {
        "instrument_id": "AAPL.XNAS",
        "timeframe": "1m",
        "synthetic": {"start_date": "2024-01-02", "session_count": 2},
    }
    refused = rest.post("/v1/imports", **{"import": declared})
    assert (refused.status, refused.reason) == (400, "SYNTHETIC_VENUE_REQUIRED")
    assert refused.fields == ["import.instrument_id"]


def test_the_same_seed_makes_the_same_market(rest: Rest, made: str) -> None:
    again = f"N{random.randrange(10**9)}.SYNTHETIC"
    imported(rest, again, "CONTENT_QUOTES", {"seed": "5", "gaps_per_100_sessions": 100})
    first, second = (
        rest.get(f"/v1/instruments/{name}/quotes", page_size=1000).json["quotes"]
        for name in (made, again)
    )
    assert first == second
    assert len(first) == 1000


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_pages_are_what_the_stream_tells(rest: Rest, made: str, kind: str) -> None:
    path = f"/v1/instruments/{made}/{kind}"
    window = {"start_time": "2024-01-02T14:30:00Z", "end_time": "2024-01-02T15:30:00Z"}
    pages, token = [], None
    while token != "":
        query = {"page_token": token} if token else {}
        page = rest.get(path, page_size=100, **window, **query).json
        pages += page[kind]
        token = page["next_page_token"]
    messages = list(rest.lines(f"{path}:stream", batch_size=64, **window))
    assert [tick for message in messages for tick in message[kind]] == pages
    assert all(len(message[kind]) == 64 for message in messages[:-1])
    assert len(pages) > 100


def test_a_stream_of_quotes_over_grpc_is_that_over_rest(rest: Rest, market, made: str) -> None:
    window = {"end_time": "2024-01-02T14:35:00Z"}
    request = market_data_service_pb2.StreamQuotesRequest(instrument_id=made)
    request.end_time.FromJsonString(window["end_time"])
    over_grpc = [quote for each in market.StreamQuotes(request) for quote in each.quotes]
    messages = rest.lines(f"/v1/instruments/{made}/quotes:stream", **window)
    over_rest = [quote for message in messages for quote in message["quotes"]]
    assert [(q.time.ToNanoseconds(), q.bid, q.ask, q.bid_size, q.ask_size) for q in over_grpc] == [
        (nanoseconds(q["time"]), q["bid"], q["ask"], q["bid_size"], q["ask_size"])
        for q in over_rest
    ]
    assert over_grpc


def nanoseconds(text: str) -> int:
    stamp = tick_pb2.Quote()
    stamp.time.FromJsonString(text)
    return stamp.time.ToNanoseconds()


def test_a_stream_of_trades_over_grpc_web(platform, node: Node, rest: Rest, made: str) -> None:
    window = {"end_time": "2024-01-02T14:40:00Z"}
    reply = node.call(
        platform.rest,
        "market_data/v1/market_data_service",
        "MarketDataService",
        "streamTrades",
        token=platform.token,
        request={"instrument_id": made, "batch_size": 10, **window},
    )
    assert reply.error is None
    streamed = [trade["price"] for message in reply.messages for trade in message["trades"]]
    trades = rest.get(f"/v1/instruments/{made}/trades", page_size=1000, **window).json["trades"]
    assert streamed == [trade["price"] for trade in trades]


def test_a_stream_cut_at_any_point_goes_on_behind_its_cursor(market, made: str) -> None:
    draw, cuts = random.Random(2005), 0

    def stream(cursor: str = ""):
        request = market_data_service_pb2.StreamTradesRequest(
            instrument_id=made, batch_size=16, cursor=cursor
        )
        return market.StreamTrades(request)

    def told(message: Any) -> list[tuple[int, float]]:
        return [(trade.time.ToNanoseconds(), trade.price) for trade in message.trades]

    whole = [trade for message in stream() for trade in told(message)]
    seen, cursor, ended = [], "", False
    for _ in range(500):
        budget = draw.randrange(1, 5)
        for message in itertools.islice(stream(cursor), budget):
            seen += told(message)
            cursor = message.cursor
            budget -= 1
        ended = budget > 0
        if ended:
            break
        cuts += 1
    assert ended
    assert cuts >= 30
    assert seen == whole


def test_trades_of_one_instant_from_a_file(rest: Rest, market, grpc_client: Grpc) -> None:
    name = f"T{random.randrange(10**9)}.XNAS"
    imports = grpc_client.stub(ImportServiceStub)
    request = import_service_pb2.CreateImportRequest(data=CSV, request_id=new_id())
    declared = getattr(request, "import")
    declared.instrument_id, declared.content = name, declared.CONTENT_TRADES
    started = getattr(imports.CreateImport(request), "import").import_id
    [*_, last] = imports.WatchImport(import_service_pb2.WatchImportRequest(import_id=started))
    assert getattr(last, "import").tick_count == 4
    told, cursor = [], ""
    for _ in range(4):
        query = market_data_service_pb2.StreamTradesRequest(
            instrument_id=name, batch_size=1, cursor=cursor
        )
        message = next(iter(market.StreamTrades(query)))
        told += [(trade.price, trade.size) for trade in message.trades]
        cursor = message.cursor
    assert told == [(10.01, 100), (10.02, 200), (10.02, 200), (10.03, 300)]
    query = market_data_service_pb2.StreamTradesRequest(instrument_id=name, cursor=cursor)
    assert list(market.StreamTrades(query)) == []
    [series] = [
        each
        for each in rest.get("/v1/tick_series", page_size=1000).json["tick_series"]
        if each["instrument_id"] == name
    ]
    assert (series["source"], series["tick_count"]) == ("import", "4")


def test_a_cursor_of_another_query_is_refused(rest: Rest, market, made: str) -> None:
    first = next(iter(market.StreamQuotes(quotes_request(made, batch_size=1))))
    elsewhere = market_data_service_pb2.StreamTradesRequest(instrument_id=made, cursor=first.cursor)
    with pytest.raises(Refused) as refusal:
        list(market.StreamTrades(elsewhere))
    assert (refusal.value.reason, refusal.value.fields) == ("CURSOR_INVALID", ["cursor"])
    over_rest = rest.get(f"/v1/instruments/{made}/trades", page_token=first.cursor)
    assert (over_rest.status, over_rest.reason) == (400, "PAGE_TOKEN_INVALID")


def quotes_request(name: str, **fields: Any) -> market_data_service_pb2.StreamQuotesRequest:
    return market_data_service_pb2.StreamQuotesRequest(instrument_id=name, **fields)


def test_a_backtest_on_a_made_market_tells_so_by_its_name(rest: Rest, made: str) -> None:
    backtest = {
        "strategy_id": "sma-cross",
        "instrument_id": made,
        "timeframe": "1m",
        "parameters": {"fast": "5", "slow": "20"},
        "cash": "100000",
    }
    started = rest.post("/v1/backtests", backtest=backtest)
    assert started.status == 200, started.json
    backtest_id = started.json["backtest"]["backtest_id"]
    [*_, last] = rest.lines(f"/v1/backtests/{backtest_id}:watch")
    assert last["backtest"]["state"] == "STATE_SUCCEEDED"
    assert last["backtest"]["instrument_id"] == made
    orders = rest.get(f"/v1/backtests/{backtest_id}/orders").json["orders"]
    assert {order["instrument_id"] for order in orders} == {made}
