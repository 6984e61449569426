"""Exports over REST and gRPC: asked for, followed, downloaded."""

import csv
import io
import urllib.request
from decimal import Decimal
from email.message import Message

import polars
import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id
from tests.journeys.conftest import Platform
from trademesh.exports.v1 import export_pb2
from trademesh.exports.v1 import export_service_pb2 as pb
from trademesh.exports.v1.export_service_pb2_grpc import ExportServiceStub

BARS = {"instrument_id": "AAPL", "timeframe": "1d"}


def exported(rest: Rest, **export: object) -> dict:
    """The export when it has ended, followed by its watch."""
    created = rest.post("/v1/exports", export=export)
    assert created.status == 200, created.json
    [*_, last] = rest.lines(f"/v1/exports/{created.json['export']['export_id']}:watch")
    assert last["export"]["state"] == "STATE_SUCCEEDED", last
    return dict(last["export"])


def downloaded(platform: Platform, export: dict) -> tuple[Message, bytes]:
    """What curl would have: headers and body."""
    request = urllib.request.Request(
        f"{platform.rest}/v1/exports/{export['export_id']}:download",
        headers={"authorization": f"Bearer {platform.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers, answer.read()


def rows_of(platform: Platform, export: dict) -> list[dict[str, str]]:
    _, body = downloaded(platform, export)
    return list(csv.DictReader(io.StringIO(body.decode())))


def listed(rest: Rest, path: str, key: str, **query: str) -> list[dict]:
    found: list[dict] = []
    token = ""
    while True:
        page = rest.get(path, page_size=1000, page_token=token, **query).json
        found += page[key]
        token = page["next_page_token"]
        if not token:
            return found


@pytest.fixture(scope="module")
def traded_account(rest: Rest) -> str:
    """An account in which a strategy has traded for two years; nothing moves in it any more."""
    opened = rest.post("/v1/accounts", account={"display_name": "exports", "capital": "100000"})
    account_id = str(opened.json["account"]["account_id"])
    replay = {"start_time": "2008-01-01T00:00:00Z", "end_time": "2010-01-01T00:00:00Z"}
    run = {"strategy_id": "sma-cross", "account_id": account_id, "replay": replay, **BARS}
    run_id = rest.post("/v1/runs", run=run).json["run"]["run_id"]
    [*_, last] = rest.lines(f"/v1/runs/{run_id}:watch")
    assert last["run"]["state"] == "STATE_FINISHED"
    return account_id


def test_bars_come_down_as_the_file_itself(platform: Platform, rest: Rest) -> None:
    export = exported(rest, bars=BARS)
    headers, body = downloaded(platform, export)
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="AAPL.XNAS-1d.csv"'
    assert len(body) == int(export["size_bytes"])

    bars = listed(rest, "/v1/instruments/AAPL/bars", "bars", timeframe="1d")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert len(rows) == len(bars) == int(export["row_count"])
    for row, bar in zip(rows, bars, strict=True):
        assert (row["open_time"], row["close_time"]) == (bar["open_time"], bar["close_time"])
        for name in ("open", "high", "low", "close", "volume"):
            assert float(row[name]) == bar[name]


def test_orders_and_fills_of_an_account_are_those_of_the_lists(
    platform: Platform, rest: Rest, traded_account: str
) -> None:
    orders = listed(rest, f"/v1/accounts/{traded_account}/orders", "orders")
    fills = listed(rest, f"/v1/accounts/{traded_account}/fills", "fills")
    assert orders
    assert fills

    rows = rows_of(platform, exported(rest, account_orders={"account_id": traded_account}))
    assert [row["order_id"] for row in rows] == [order["order_id"] for order in reversed(orders)]
    for row, order in zip(rows, reversed(orders), strict=True):
        assert order["state"] == f"STATE_{row['state']}"
        assert Decimal(row["filled_quantity"]) == Decimal(order["filled_quantity"])
    rows = rows_of(platform, exported(rest, account_fills={"account_id": traded_account}))
    assert [(row["fill_id"], row["price"], row["fill_time"]) for row in rows] == [
        (fill["fill_id"], fill["price"], fill["fill_time"]) for fill in reversed(fills)
    ]


def test_a_backtest_comes_down_as_parquet(platform: Platform, rest: Rest) -> None:
    asked = {"backtest_id": platform.demo_backtest}
    [*_, watched] = rest.lines(f"/v1/backtests/{platform.demo_backtest}:watch")
    statistics = watched["backtest"]["statistics"]
    frames = {}
    for what in ("orders", "fills", "equity"):
        export = exported(rest, format="FORMAT_PARQUET", **{f"backtest_{what}": asked})
        headers, body = downloaded(platform, export)
        assert headers["content-type"] == "application/vnd.apache.parquet"
        frames[what] = polars.read_parquet(io.BytesIO(body))
    assert frames["orders"].height == int(statistics["order_count"])
    assert frames["fills"].height == int(statistics["fill_count"])
    assert frames["equity"]["equity"][-1] == pytest.approx(float(statistics["final_equity"]))


def test_the_same_over_grpc(platform: Platform, rest: Rest, grpc_client: Grpc) -> None:
    exports = grpc_client.stub(ExportServiceStub)
    wanted = export_pb2.Export(bars=export_pb2.Bars(instrument_id="IBM", timeframe="1d"))
    request = pb.CreateExportRequest(export=wanted, request_id=new_id())
    created = exports.CreateExport(request).export
    assert exports.CreateExport(request).export.export_id == created.export_id
    name = created.export_id
    [*_, last] = exports.WatchExport(pb.WatchExportRequest(export_id=name))
    assert last.export.state == export_pb2.Export.STATE_SUCCEEDED
    pieces = list(exports.DownloadExport(pb.DownloadExportRequest(export_id=name)))
    body = b"".join(piece.body.data for piece in pieces)
    assert body == downloaded(platform, {"export_id": name})[1]
    assert exports.GetExport(pb.GetExportRequest(export_id=name)).export == last.export
    page = exports.ListExports(pb.ListExportsRequest(page_size=1))
    assert page.exports[0].export_id == name
    with pytest.raises(Refused) as refused:
        exports.CancelExport(pb.CancelExportRequest(export_id=name, request_id=new_id()))
    assert refused.value.reason == "EXPORT_ENDED"


@pytest.mark.parametrize(
    ("export", "status", "reason", "field"),
    [
        ({}, 400, "MISSING_FIELD", "export.content"),
        ({"bars": {"timeframe": "1d"}}, 400, "MISSING_FIELD", "export.bars.instrument_id"),
        ({"bars": BARS | {"timeframe": "7d"}}, 400, "UNKNOWN_TIMEFRAME", "export.bars.timeframe"),
        ({"bars": BARS, "format": 9}, 400, "UNKNOWN_VALUE", "export.format"),
        ({"bars": BARS | {"timeframe": "1h"}}, 400, "NO_BARS", "export.bars.instrument_id"),
        ({"account_fills": {}}, 400, "MISSING_FIELD", "export.account_fills.account_id"),
        ({"account_orders": {"account_id": "acc_x"}}, 404, "ACCOUNT_NOT_FOUND", None),
        ({"backtest_equity": {"backtest_id": "bt_x"}}, 404, "BACKTEST_NOT_FOUND", None),
    ],
)
def test_a_bad_request_is_refused_with_its_field(
    rest: Rest, export: dict, status: int, reason: str, field: str | None
) -> None:
    answer = rest.post("/v1/exports", export=export)
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.fields == ([field] if field else [])


def test_what_does_not_exist_cannot_be_downloaded(rest: Rest) -> None:
    answer = rest.get("/v1/exports/exp_x:download")
    assert (answer.status, answer.reason) == (404, "EXPORT_NOT_FOUND")
