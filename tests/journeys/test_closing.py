"""Previews, canceling and closing everything, and the ledger: over REST and gRPC."""

from decimal import Decimal

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id
from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import order_service_pb2 as orders_pb
from trademesh.orders.v1.account_service_pb2_grpc import AccountServiceStub
from trademesh.orders.v1.fill_pb2 import SIDE_SELL
from trademesh.orders.v1.order_service_pb2_grpc import OrderServiceStub

WEEK = {"start_time": "2012-06-01T00:00:00Z", "end_time": "2012-06-15T00:00:00Z"}


@pytest.fixture
def desk(grpc_client: Grpc):
    return grpc_client.stub(OrderServiceStub)


@pytest.fixture
def accounts(grpc_client: Grpc):
    return grpc_client.stub(AccountServiceStub)


@pytest.fixture
def holder(rest: Rest) -> str:
    """An account that a run has left with a position in FB."""
    wanted = {"display_name": "closing", "capital": "100000"}
    account = rest.post("/v1/accounts", account=wanted).json["account"]["account_id"]
    run = {
        "strategy_id": "buy-and-hold",
        "account_id": account,
        "instrument_id": "FB",
        "timeframe": "1d",
        "parameters": {},
        "replay": WEEK,
    }
    run_id = rest.post("/v1/runs", run=run).json["run"]["run_id"]
    [*_, last] = rest.lines(f"/v1/runs/{run_id}:watch")
    assert last["run"]["state"] == "STATE_FINISHED"
    return str(account)


def held(rest: Rest, account: str) -> str:
    return str(rest.get(f"/v1/accounts/{account}/positions/FB").json["position"]["quantity"])


def test_an_account_is_rehearsed_and_not_opened(rest: Rest) -> None:
    wanted = {"display_name": "never opened", "capital": "5"}
    answer = rest.post("/v1/accounts", account=wanted, validate_only=True)
    assert (answer.status, answer.json["account"]["capital"]) == (200, "5")
    listed = rest.get("/v1/accounts", page_size=1000).json["accounts"]
    assert "never opened" not in [each["display_name"] for each in listed]


def test_a_placement_does_what_its_preview_told(rest: Rest, desk, holder: str) -> None:
    order = {
        "instrument_id": "FB",
        "side": "SIDE_BUY",
        "quantity": "10",
        "order_type": "ORDER_TYPE_LIMIT",
        "limit_price": "20.5",
    }
    orders = f"/v1/accounts/{holder}/orders"
    before = rest.get(f"/v1/accounts/{holder}").json["account"]
    told = rest.post(orders, order=order, validate_only=True).json["preview"]
    assert (told["reference_price"], told["notional"], told["fee"]) == ("20.5", "205", "0")
    rest.post(orders, order=order)
    after = rest.get(f"/v1/accounts/{holder}").json["account"]
    assert Decimal(told["reserved"]) == Decimal(after["reserved"]) - Decimal(before["reserved"])
    assert told["buying_power_after"] == after["buying_power"]
    assert Decimal(told["position_after"]) == Decimal(held(rest, holder)) + 10
    request = orders_pb.CancelAllOrdersRequest(
        account_id=holder, instrument_id="FB", request_id=new_id(), validate_only=True
    )
    [would_be] = desk.CancelAllOrders(request).orders
    request.validate_only = False
    [asked] = desk.CancelAllOrders(request).orders
    assert asked.order_id == would_be.order_id
    assert desk.CancelAllOrders(request).orders == [asked]
    nothing = rest.post(f"{orders}:cancel", instrument_id="NOPE")
    assert (nothing.status, nothing.reason) == (404, "INSTRUMENT_NOT_FOUND")


def test_a_part_and_then_everything_is_closed(rest: Rest, accounts, holder: str) -> None:
    path, whole = f"/v1/accounts/{holder}/positions", held(rest, holder)
    too_much = rest.post(f"{path}/FB:close", quantity="10000000")
    assert (too_much.status, too_much.reason) == (400, "QUANTITY_ABOVE_POSITION")
    flat = rest.post(f"{path}/AAPL:close")
    assert (flat.status, flat.reason) == (400, "POSITION_FLAT")
    part = pb.ClosePositionRequest(
        account_id=holder, instrument_id="FB", quantity="3", request_id=new_id()
    )
    closing = accounts.ClosePosition(part).order
    assert (closing.side, closing.quantity) == (SIDE_SELL, "3")
    assert accounts.ClosePosition(part).order == closing
    rehearsed = rest.post(f"{path}:close", validate_only=True).json
    closed = rest.post(f"{path}:close").json
    for answer in (rehearsed, closed):
        assert [one["quantity"] for one in answer["orders"]] == [whole]
        assert [one["order_id"] for one in answer["canceled_orders"]] == [closing.order_id]
    with pytest.raises(Refused) as refused:
        accounts.GetPosition(pb.GetPositionRequest(account_id=holder, instrument_id="NOPE"))
    assert refused.value.reason == "INSTRUMENT_NOT_FOUND"


def test_the_ledger_is_the_account(rest: Rest, accounts, holder: str) -> None:
    entries = rest.get(f"/v1/accounts/{holder}/ledger", page_size=1000).json["ledger_entries"]
    assert [(one["number"], one["kind"]) for one in entries] == [("2", "FILL"), ("1", "CAPITAL")]
    account = rest.get(f"/v1/accounts/{holder}").json["account"]
    assert entries[0]["cash_after"] == account["cash"]
    assert entries[0]["instrument_id"] == "FB.XNAS"
    request = pb.ListLedgerEntriesRequest(account_id=holder, page_size=1)
    first = accounts.ListLedgerEntries(request)
    request.page_token = first.next_page_token
    [capital] = accounts.ListLedgerEntries(request).ledger_entries
    assert (capital.cash, capital.capital) == ("100000", "100000")
