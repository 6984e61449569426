"""The calls of the orders service, from the wire to the wire."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from tests.builders import AAPL, a_bar
from tests.unit.orders.office import Office, accepted, an_order, refusal
from trademesh.orders.v1 import account_pb2, fill_pb2, order_pb2
from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import order_service_pb2 as orders_pb

Order = order_pb2.Order


async def test_an_account_is_opened_once_and_read_back(office: Office) -> None:
    account = account_pb2.Account(
        display_name="mine",
        capital="100000.50",
        risk_limits=account_pb2.RiskLimits(max_order_quantity="500", long_only=True),
    )
    request = pb.CreateAccountRequest(account=account, request_id=str(uuid.uuid4()))
    first = await office.accounts.CreateAccount(request, **office.me())
    again = await office.accounts.CreateAccount(request, **office.me())
    assert first == again
    assert first.account.cash == "100000.5"
    assert first.account.risk_limits == account.risk_limits
    get = pb.GetAccountRequest(account_id=first.account.account_id)
    assert (await office.accounts.GetAccount(get, **office.me())).account == first.account
    listed = await office.accounts.ListAccounts(pb.ListAccountsRequest(), **office.me())
    assert list(listed.accounts) == [first.account]


async def test_fifty_calls_at_once_with_one_request_id_make_one_order(office: Office) -> None:
    account_id, request_id = await office.open(), str(uuid.uuid4())
    answers = await asyncio.gather(*(office.place(account_id, request_id) for _ in range(50)))
    assert {answer.SerializeToString(deterministic=True) for answer in answers} == {
        answers[0].SerializeToString(deterministic=True)
    }
    assert answers[0].state == Order.STATE_CREATED
    listed = await office.orders.ListOrders(
        orders_pb.ListOrdersRequest(account_id=account_id), **office.me()
    )
    assert [order.order_id for order in listed.orders] == [answers[0].order_id]


async def test_the_same_request_id_with_another_body_is_refused(office: Office) -> None:
    account_id, request_id = await office.open(), str(uuid.uuid4())
    await office.place(account_id, request_id)
    code, reason, facts, _ = await refusal(office.place(account_id, request_id, quantity="1"))
    assert (code, reason) == (grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED")
    assert facts == {"request_id": request_id}


async def test_a_denied_order_is_refused_with_its_reason_and_kept(office: Office) -> None:
    account_id, request_id = await office.open(), str(uuid.uuid4())
    refusals = [
        await refusal(office.place(account_id, request_id, quantity="5000")) for _ in range(2)
    ]
    assert refusals[0] == refusals[1]
    code, reason, facts, _ = refusals[0]
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_BUYING_POWER")
    get = orders_pb.GetOrderRequest(account_id=account_id, order_id=facts["order_id"])
    order = (await office.orders.GetOrder(get, **office.me())).order
    assert (order.state, order.reason) == (Order.STATE_DENIED, reason)


@pytest.mark.parametrize(
    ("terms", "reason", "field"),
    [
        ({"quantity": "ten"}, "NOT_A_DECIMAL", "order.quantity"),
        ({"quantity": "-1"}, "NOT_POSITIVE", "order.quantity"),
        ({"quantity": ""}, "MISSING_FIELD", "order.quantity"),
        ({"quantity": "1.5"}, "TOO_MANY_DECIMALS", "order.quantity"),
        ({"instrument_id": ""}, "MISSING_FIELD", "order.instrument_id"),
        ({"side": fill_pb2.SIDE_UNSPECIFIED}, "MISSING_FIELD", "order.side"),
        ({"order_type": order_pb2.ORDER_TYPE_UNSPECIFIED}, "MISSING_FIELD", "order.order_type"),
        ({"order_type": 77}, "UNKNOWN_VALUE", "order.order_type"),
        ({"time_in_force": 77}, "UNKNOWN_VALUE", "order.time_in_force"),
        ({"order_type": order_pb2.ORDER_TYPE_LIMIT}, "MISSING_FIELD", "order.limit_price"),
        ({"limit_price": "10"}, "UNEXPECTED_FIELD", "order.limit_price"),
        ({"limit_price": ""}, "MISSING_FIELD", "order.limit_price"),
        (
            {"order_type": order_pb2.ORDER_TYPE_LIMIT, "limit_price": "10.001"},
            "OFF_TICK",
            "order.limit_price",
        ),
        (
            {"order_type": order_pb2.ORDER_TYPE_STOP, "stop_price": "1e3"},
            "NOT_A_DECIMAL",
            "order.stop_price",
        ),
    ],
)
async def test_bad_terms_are_refused_by_field(
    office: Office, terms: dict[str, Any], reason: str, field: str
) -> None:
    account_id = await office.open()
    code, found, _, fields = await refusal(office.place(account_id, **terms))
    assert (code, found, fields) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])
    listed = await office.orders.ListOrders(
        orders_pb.ListOrdersRequest(account_id=account_id), **office.me()
    )
    assert not listed.orders


@pytest.mark.parametrize(
    ("account", "reason", "field"),
    [
        ({"display_name": ""}, "MISSING_FIELD", "account.display_name"),
        ({"display_name": "x" * 101}, "BAD_NAME", "account.display_name"),
        ({"display_name": "a\0b"}, "BAD_NAME", "account.display_name"),
        ({"capital": ""}, "MISSING_FIELD", "account.capital"),
        ({"capital": "0"}, "NOT_POSITIVE", "account.capital"),
        ({"capital": "1e9"}, "NOT_A_DECIMAL", "account.capital"),
        ({"capital": "1.0000000001"}, "TOO_MANY_DECIMALS", "account.capital"),
        ({"capital": "99999999999"}, "OUT_OF_RANGE", "account.capital"),
        ({"broker": "bank"}, "UNKNOWN_BROKER", "account.broker"),
        ({"currency": "XXX"}, "UNKNOWN_CURRENCY", "account.currency"),
        (
            {"risk_limits": account_pb2.RiskLimits(max_position="-1")},
            "NOT_POSITIVE",
            "account.risk_limits.max_position",
        ),
        (
            {"risk_limits": account_pb2.RiskLimits(max_order_notional="99999999999")},
            "OUT_OF_RANGE",
            "account.risk_limits.max_order_notional",
        ),
        (
            {"risk_limits": account_pb2.RiskLimits(max_orders_per_second=0)},
            "OUT_OF_RANGE",
            "account.risk_limits.max_orders_per_second",
        ),
    ],
)
async def test_an_account_that_cannot_be_is_refused_by_field(
    office: Office, account: dict[str, Any], reason: str, field: str
) -> None:
    wanted = account_pb2.Account(**{"display_name": "mine", "capital": "1000"} | account)
    request = pb.CreateAccountRequest(account=wanted, request_id=str(uuid.uuid4()))
    code, found, _, fields = await refusal(office.accounts.CreateAccount(request, **office.me()))
    assert (code, found, fields) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])


async def test_what_a_request_lacks_is_named(office: Office) -> None:
    account_id = await office.open()
    no_order = orders_pb.PlaceOrderRequest(account_id=account_id, request_id=str(uuid.uuid4()))
    no_id = orders_pb.PlaceOrderRequest(account_id=account_id, order=an_order())
    bad_id = orders_pb.PlaceOrderRequest(account_id=account_id, order=an_order(), request_id="1")
    no_account = pb.CreateAccountRequest(request_id=str(uuid.uuid4()))
    found = [
        (await refusal(call))[1::2]
        for call in (
            office.orders.PlaceOrder(no_order, **office.me()),
            office.orders.PlaceOrder(no_id, **office.me()),
            office.orders.PlaceOrder(bad_id, **office.me()),
            office.accounts.CreateAccount(no_account, **office.me()),
        )
    ]
    assert found == [
        ("MISSING_FIELD", ["order"]),
        ("MISSING_FIELD", ["request_id"]),
        ("NOT_A_UUID", ["request_id"]),
        ("MISSING_FIELD", ["account"]),
    ]


async def test_pages_go_on_and_their_tokens_belong_to_their_query(office: Office) -> None:
    account_id, other_id = await office.open(), await office.open()
    for _ in range(5):
        await office.place(account_id, quantity="1")
    token, numbers = "", []
    while True:
        request = orders_pb.ListOrdersRequest(account_id=account_id, page_size=2, page_token=token)
        page = await office.orders.ListOrders(request, **office.me())
        numbers += [order.number for order in page.orders]
        token = page.next_page_token or token
        if not page.next_page_token:
            break
    assert numbers == [5, 4, 3, 2, 1]
    moved = orders_pb.ListOrdersRequest(account_id=other_id, page_size=2, page_token=token)
    narrowed = orders_pb.ListOrdersRequest(account_id=account_id, open_only=True, page_token=token)
    negative = orders_pb.ListOrdersRequest(account_id=account_id, page_size=-1)
    reasons = [
        (await refusal(office.orders.ListOrders(request, **office.me())))[1]
        for request in (moved, narrowed, negative)
    ]
    assert reasons == ["PAGE_TOKEN_INVALID", "PAGE_TOKEN_INVALID", "PAGE_SIZE_NEGATIVE"]


async def test_orders_fills_positions_and_money_of_a_trade(office: Office) -> None:
    account_id = await office.open()
    order = await office.place(account_id)
    await office.house.desk.open("local", account_id, "run_1", {})
    await accepted(office, account_id, order.order_id)
    await office.house.desk.advance("local", account_id, a_bar(101.0, close=102.0, minute=1))
    get = orders_pb.GetOrderRequest(account_id=account_id, order_id=order.order_id)
    filled = (await office.orders.GetOrder(get, **office.me())).order
    assert (filled.state, filled.average_fill_price) == (Order.STATE_FILLED, "101")
    assert int(filled.etag) > int(order.etag)
    fills = await office.accounts.ListFills(
        pb.ListFillsRequest(account_id=account_id, order_id=order.order_id), **office.me()
    )
    [fill] = fills.fills
    assert (fill.instrument_id, fill.quantity, fill.price, fill.fee) == (AAPL, "100", "101", "0")
    positions = await office.accounts.ListPositions(
        pb.ListPositionsRequest(account_id=account_id), **office.me()
    )
    [position] = positions.positions
    assert (position.quantity, position.average_price, position.last_price) == ("100", "101", "102")
    assert (position.market_value, position.unrealised_pnl) == ("10200", "100")
    account = await office.accounts.GetAccount(
        pb.GetAccountRequest(account_id=account_id), **office.me()
    )
    assert (account.account.cash, account.account.equity) == ("89900", "100100")


async def test_an_order_is_canceled_and_replaced_by_its_verbs(office: Office) -> None:
    account_id = await office.open()
    limit = {"order_type": order_pb2.ORDER_TYPE_LIMIT, "limit_price": "50"}
    order = await office.place(account_id, **limit)
    await accepted(office, account_id, order.order_id)
    replace = orders_pb.ReplaceOrderRequest(
        account_id=account_id,
        order_id=order.order_id,
        limit_price="51.5",
        request_id=str(uuid.uuid4()),
    )
    asked = (await office.orders.ReplaceOrder(replace, **office.me())).order
    assert asked.state == Order.STATE_PENDING_REPLACE
    await accepted(office, account_id, order.order_id)
    cancel = orders_pb.CancelOrderRequest(
        account_id=account_id, order_id=order.order_id, request_id=str(uuid.uuid4())
    )
    first = await office.orders.CancelOrder(cancel, **office.me())
    assert first == await office.orders.CancelOrder(cancel, **office.me())
    assert first.order.limit_price == "51.5"
    assert first.order.state == Order.STATE_PENDING_CANCEL


async def test_an_order_or_account_that_is_not_there_is_not_found(office: Office) -> None:
    account_id = await office.open()
    no_order = orders_pb.GetOrderRequest(account_id=account_id, order_id="QNONE")
    no_name = orders_pb.GetOrderRequest(account_id=account_id)
    no_account = orders_pb.GetOrderRequest(account_id="acc_none", order_id="QNONE")
    cancel = orders_pb.CancelOrderRequest(
        account_id=account_id, order_id="QNONE", request_id=str(uuid.uuid4())
    )
    reasons = [
        (await refusal(call))[1]
        for call in (
            office.orders.GetOrder(no_order, **office.me()),
            office.orders.GetOrder(no_name, **office.me()),
            office.orders.GetOrder(no_account, **office.me()),
            office.orders.CancelOrder(cancel, **office.me()),
        )
    ]
    assert reasons == ["ORDER_NOT_FOUND", "MISSING_FIELD", "ACCOUNT_NOT_FOUND", "ORDER_NOT_FOUND"]


async def test_another_tenant_cannot_tell_that_an_account_exists(office: Office) -> None:
    account_id = await office.open()
    order = await office.place(account_id)
    them = office.me("other")
    calls = [
        office.accounts.GetAccount(pb.GetAccountRequest(account_id=account_id), **them),
        office.orders.GetOrder(
            orders_pb.GetOrderRequest(account_id=account_id, order_id=order.order_id), **them
        ),
        office.orders.ListOrders(orders_pb.ListOrdersRequest(account_id=account_id), **them),
        office.accounts.WatchAccount(pb.WatchAccountRequest(account_id=account_id), **them).read(),
        office.orders.CancelOrder(
            orders_pb.CancelOrderRequest(
                account_id=account_id, order_id=order.order_id, request_id=str(uuid.uuid4())
            ),
            **them,
        ),
    ]
    for call in calls:
        code, reason, _, _ = await refusal(call)
        assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "ACCOUNT_NOT_FOUND")
    listed = await office.accounts.ListAccounts(pb.ListAccountsRequest(), **them)
    assert not listed.accounts


async def test_a_preview_comes_with_the_order_and_nothing_is_kept(office: Office) -> None:
    account_id = await office.open()
    request = orders_pb.PlaceOrderRequest(
        account_id=account_id, order=an_order(), request_id=str(uuid.uuid4()), validate_only=True
    )
    told = await office.orders.PlaceOrder(request, **office.me())
    assert told.order.quantity == "100"
    assert told.preview == orders_pb.OrderPreview(
        reference_price="100",
        notional="10000",
        fee="0",
        reserved="10500",
        buying_power_after="89500",
        position_after="100",
    )
    listed = await office.orders.ListOrders(
        orders_pb.ListOrdersRequest(account_id=account_id), **office.me()
    )
    assert not listed.orders
    request.validate_only = False
    placed = await office.orders.PlaceOrder(request, **office.me())
    assert placed.order == told.order
    assert not placed.HasField("preview")


async def test_an_account_rehearsed_is_checked_and_not_opened(office: Office) -> None:
    wanted = account_pb2.Account(display_name="mine", capital="1000")
    request = pb.CreateAccountRequest(
        account=wanted, request_id=str(uuid.uuid4()), validate_only=True
    )
    told = await office.accounts.CreateAccount(request, **office.me())
    assert (told.account.account_id, told.account.cash) == ("", "1000")
    listed = await office.accounts.ListAccounts(pb.ListAccountsRequest(), **office.me())
    assert not listed.accounts
    request.account.capital = "0"
    _, reason, _, fields = await refusal(office.accounts.CreateAccount(request, **office.me()))
    assert (reason, fields) == ("NOT_POSITIVE", ["account.capital"])


async def test_a_position_is_read_and_closed_and_everything_is_canceled(office: Office) -> None:
    account_id = await office.open()
    me, ids = office.me(), {"account_id": account_id, "request_id": str(uuid.uuid4())}
    limit = {"order_type": order_pb2.ORDER_TYPE_LIMIT, "limit_price": "50"}
    order = await office.place(account_id)
    await office.house.desk.open("local", account_id, "run_1", {})
    await accepted(office, account_id, order.order_id)
    await office.house.desk.advance("local", account_id, a_bar(101.0, minute=1))
    get = pb.GetPositionRequest(account_id=account_id, instrument_id="AAPL")
    assert (await office.accounts.GetPosition(get, **me)).position.quantity == "100"
    await office.place(account_id, **limit)

    cancel = orders_pb.CancelAllOrdersRequest(**ids, instrument_id="AAPL", validate_only=True)
    [told] = (await office.orders.CancelAllOrders(cancel, **me)).orders
    assert told.limit_price == "50"
    part = pb.ClosePositionRequest(**ids, instrument_id="AAPL", quantity="30")
    closed = await office.accounts.ClosePosition(part, **me)
    assert (closed.order.side, closed.order.quantity) == (fill_pb2.SIDE_SELL, "30")
    assert not closed.canceled_orders
    everything = pb.CloseAllPositionsRequest(**ids)
    closed_all = await office.accounts.CloseAllPositions(everything, **me)
    assert [one.quantity for one in closed_all.orders] == ["100"]
    assert [one.number for one in closed_all.canceled_orders] == [3, 2]
    cancel.validate_only = False
    canceled = await office.orders.CancelAllOrders(cancel, **me)
    assert [one.number for one in canceled.orders] == [4]


async def test_what_the_new_calls_lack_is_named(office: Office) -> None:
    account_id = await office.open()
    ids = {"account_id": account_id, "request_id": str(uuid.uuid4())}
    calls = [
        office.accounts.GetPosition(pb.GetPositionRequest(account_id=account_id), **office.me()),
        office.accounts.ClosePosition(pb.ClosePositionRequest(**ids), **office.me()),
        office.accounts.ClosePosition(
            pb.ClosePositionRequest(**ids, instrument_id="AAPL", quantity="x"), **office.me()
        ),
        office.accounts.ClosePosition(
            pb.ClosePositionRequest(account_id=account_id, instrument_id="AAPL"), **office.me()
        ),
        office.orders.CancelAllOrders(
            orders_pb.CancelAllOrdersRequest(account_id=account_id), **office.me()
        ),
    ]
    assert [(await refusal(call))[1::2] for call in calls] == [
        ("MISSING_FIELD", ["instrument_id"]),
        ("MISSING_FIELD", ["instrument_id"]),
        ("NOT_A_DECIMAL", ["quantity"]),
        ("MISSING_FIELD", ["request_id"]),
        ("MISSING_FIELD", ["request_id"]),
    ]
