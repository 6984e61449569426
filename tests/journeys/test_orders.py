"""Accounts, orders, fills and positions: over REST, gRPC and gRPC-web."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id, until
from tests.journeys.node import Node
from trademesh.orders.v1 import account_pb2, account_service_pb2, order_pb2, order_service_pb2
from trademesh.orders.v1.account_service_pb2_grpc import AccountServiceStub
from trademesh.orders.v1.fill_pb2 import SIDE_BUY
from trademesh.orders.v1.order_service_pb2_grpc import OrderServiceStub

MARKET = {
    "instrument_id": "AAPL",
    "side": "SIDE_BUY",
    "quantity": "10",
    "order_type": "ORDER_TYPE_MARKET",
}
LIMIT = {**MARKET, "order_type": "ORDER_TYPE_LIMIT", "limit_price": "10.50"}


@pytest.fixture
def desk(grpc_client: Grpc):
    return grpc_client.stub(OrderServiceStub)


@pytest.fixture
def accounts(grpc_client: Grpc):
    return grpc_client.stub(AccountServiceStub)


@pytest.fixture
def account(rest: Rest) -> str:
    """A fresh paper account with 100,000 dollars."""
    return open_account(rest)


def open_account(rest: Rest) -> str:
    answer = rest.post("/v1/accounts", account={"display_name": "test", "capital": "100000"})
    assert answer.status == 200, answer.json
    return str(answer.json["account"]["account_id"])


def order_when(rest: Rest, account: str, order_id: str, state: str):
    """The order, once it is in `state`."""

    def read():
        return rest.get(f"/v1/accounts/{account}/orders/{order_id}").json["order"]

    until(lambda: read()["state"] == state)
    return read()


def test_an_account(rest: Rest, accounts, account: str) -> None:
    found = rest.get(f"/v1/accounts/{account}").json["account"]
    assert (found["cash"], found["buying_power"], found["broker"]) == ("100000", "100000", "paper")
    listed = rest.get("/v1/accounts", page_size=1000).json["accounts"]
    assert account in [each["account_id"] for each in listed]
    request = account_service_pb2.GetAccountRequest(account_id=account)
    assert accounts.GetAccount(request).account.capital == "100000"


def test_an_account_over_grpc(accounts) -> None:
    wanted = account_pb2.Account(display_name="over grpc", capital="2500.50")
    request = account_service_pb2.CreateAccountRequest(account=wanted, request_id=new_id())
    made = accounts.CreateAccount(request).account
    assert made.account_id.startswith("acc_")
    assert made.cash == "2500.5"
    assert accounts.CreateAccount(request).account == made  # the same request, the same answer


def test_the_life_of_an_order_over_rest(rest: Rest, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    placed = rest.post(orders, order=LIMIT | {"time_in_force": "TIME_IN_FORCE_GTC"}).json["order"]
    assert (placed["state"], placed["number"]) == ("STATE_CREATED", "1")
    order_id = placed["order_id"]
    accepted = order_when(rest, account, order_id, "STATE_ACCEPTED")
    assert accepted["broker_order_id"]
    reserved = rest.get(f"/v1/accounts/{account}").json["account"]
    assert (reserved["reserved"], reserved["buying_power"]) == ("105", "99895")

    rest.post(f"{orders}/{order_id}:replace", limit_price="11", quantity="20")
    until(lambda: rest.get(f"{orders}/{order_id}").json["order"]["limit_price"] == "11")
    assert order_when(rest, account, order_id, "STATE_ACCEPTED")["quantity"] == "20"
    assert rest.get(f"/v1/accounts/{account}").json["account"]["reserved"] == "220"
    [listed] = rest.get(orders, open_only="true").json["orders"]
    assert listed["order_id"] == order_id

    rest.post(f"{orders}/{order_id}:cancel")
    order_when(rest, account, order_id, "STATE_CANCELED")
    assert rest.get(orders, open_only="true").json["orders"] == []
    assert rest.get(f"/v1/accounts/{account}").json["account"]["buying_power"] == "100000"
    for verb in ("cancel", "replace"):
        again = rest.post(f"{orders}/{order_id}:{verb}")
        assert (again.status, again.reason) in {(400, "ORDER_ENDED"), (400, "MISSING_FIELD")}


def test_the_life_of_an_order_over_grpc(desk, rest: Rest, account: str) -> None:
    order = order_pb2.Order(
        instrument_id="AAPL",
        side=SIDE_BUY,
        quantity="10",
        order_type=order_pb2.ORDER_TYPE_LIMIT,
        limit_price="10.5",
    )
    placed = desk.PlaceOrder(
        order_service_pb2.PlaceOrderRequest(account_id=account, order=order, request_id=new_id())
    ).order
    order_when(rest, account, placed.order_id, "STATE_ACCEPTED")
    found = desk.GetOrder(
        order_service_pb2.GetOrderRequest(account_id=account, order_id=placed.order_id)
    ).order
    assert found.state == order_pb2.Order.STATE_ACCEPTED
    listed = desk.ListOrders(order_service_pb2.ListOrdersRequest(account_id=account)).orders
    assert [each.order_id for each in listed] == [placed.order_id]
    desk.CancelOrder(
        order_service_pb2.CancelOrderRequest(
            account_id=account, order_id=placed.order_id, request_id=new_id()
        )
    )
    order_when(rest, account, placed.order_id, "STATE_CANCELED")


def test_a_bracket_over_rest(rest: Rest, account: str) -> None:
    groups = f"/v1/accounts/{account}/order_groups"
    wanted = {
        "entry": {**MARKET, "order_type": "ORDER_TYPE_LIMIT", "limit_price": "10"},
        "take_profit": {"limit_price": "12"},
        "stop_loss": {"trail_percent": "5"},
    }
    body = {"order_group": wanted, "request_id": new_id()}
    placed = rest.post(groups, **body).json["order_group"]
    assert (placed["kind"], placed["entry"]["leg"]) == ("KIND_BRACKET", "LEG_ENTRY")
    assert rest.post(groups, **body).json["order_group"] == placed
    order_when(rest, account, placed["group_id"], "STATE_ACCEPTED")
    listed = rest.get(groups, active_only="true").json["order_groups"]
    assert [one["group_id"] for one in listed] == [placed["group_id"]]
    one = f"{groups}/{placed['group_id']}"
    rest.post(f"{one}:cancel", request_id=new_id())
    order_when(rest, account, placed["group_id"], "STATE_CANCELED")
    assert rest.get(one).json["order_group"]["state"] == "STATE_ENDED"
    again = rest.post(f"{one}:cancel", request_id=new_id())
    assert (again.status, again.reason) == (400, "ORDER_GROUP_ENDED")
    crossed = {**wanted, "take_profit": {"limit_price": "9"}}
    refused = rest.post(groups, order_group=crossed, request_id=new_id())
    assert (refused.status, refused.reason) == (400, "LEGS_CROSS")


def test_an_order_over_grpc_web(platform, node: Node, account: str) -> None:
    def place(**order):
        return node.call(
            platform.rest,
            "orders/v1/order_service",
            "OrderService",
            "placeOrder",
            token=platform.token,
            request={
                "account_id": account,
                "order": {**MARKET, **order},
                "request_id": new_id(),
            },
        )

    [placed] = place().messages
    assert placed["order"]["state"] == "STATE_CREATED"
    refused = place(quantity="-1").error
    assert (refused["code"], refused["reason"]) == ("InvalidArgument", "NOT_POSITIVE")
    assert refused["fields"] == ["order.quantity"]


def test_fifty_calls_with_one_request_id_are_one_order(rest: Rest, account: str) -> None:
    request_id, start = new_id(), threading.Barrier(50)

    def place(_):
        start.wait()
        return rest.post(f"/v1/accounts/{account}/orders", order=MARKET, request_id=request_id)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(place, range(50)))
    assert {answer.status for answer in answers} == {200}
    assert all(answer.json == answers[0].json for answer in answers)
    assert len(rest.get(f"/v1/accounts/{account}/orders").json["orders"]) == 1


def test_a_request_id_is_good_for_one_request(rest: Rest, account: str) -> None:
    orders, request_id = f"/v1/accounts/{account}/orders", new_id()
    rest.post(orders, order=MARKET, request_id=request_id)
    other = rest.post(orders, order=MARKET | {"quantity": "11"}, request_id=request_id)
    assert (other.status, other.reason) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_checking_an_order_keeps_nothing(rest: Rest, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    checked = rest.post(orders, order=MARKET, validate_only=True)
    assert checked.status == 200
    assert rest.get(orders).json["orders"] == []
    assert rest.get(f"/v1/accounts/{account}").json["account"]["reserved"] == "0"


def test_a_denied_order_is_kept(rest: Rest, desk, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    denied = rest.post(orders, order=MARKET | {"quantity": "100000"})
    assert (denied.status, denied.reason) == (400, "INSUFFICIENT_BUYING_POWER")
    order_id = denied.json["details"][0]["metadata"]["order_id"]
    kept = rest.get(f"{orders}/{order_id}").json["order"]
    assert (kept["state"], kept["reason"]) == ("STATE_DENIED", "INSUFFICIENT_BUYING_POWER")
    order = order_pb2.Order(
        instrument_id="AAPL",
        side=SIDE_BUY,
        quantity="100000",
        order_type=order_pb2.ORDER_TYPE_MARKET,
    )
    with pytest.raises(Refused) as refused:
        desk.PlaceOrder(
            order_service_pb2.PlaceOrderRequest(
                account_id=account, order=order, request_id=new_id()
            )
        )
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.metadata["order_id"] != order_id


BAD_TERMS = {
    "negative": ({"quantity": "-1"}, "NOT_POSITIVE", "quantity"),
    "zero": ({"quantity": "0"}, "NOT_POSITIVE", "quantity"),
    "words": ({"quantity": "ten"}, "NOT_A_DECIMAL", "quantity"),
    "infinite": ({"quantity": "Infinity"}, "NOT_A_DECIMAL", "quantity"),
    "exponent": ({"quantity": "1e3"}, "NOT_A_DECIMAL", "quantity"),
    "half a share": ({"quantity": "0.5"}, "TOO_MANY_DECIMALS", "quantity"),
    "no quantity": ({"quantity": ""}, "MISSING_FIELD", "quantity"),
    "off tick": ({**LIMIT, "limit_price": "10.505"}, "OFF_TICK", "limit_price"),
    "decimals": ({**LIMIT, "limit_price": "10.1234567"}, "TOO_MANY_DECIMALS", "limit_price"),
    "no limit": ({**LIMIT, "limit_price": None}, "MISSING_FIELD", "limit_price"),
    "a limit too many": ({"limit_price": "10"}, "UNEXPECTED_FIELD", "limit_price"),
    "no side": ({"side": "SIDE_UNSPECIFIED"}, "MISSING_FIELD", "side"),
    "no type": ({"order_type": "ORDER_TYPE_UNSPECIFIED"}, "MISSING_FIELD", "order_type"),
    "no instrument": ({"instrument_id": ""}, "MISSING_FIELD", "instrument_id"),
}


@pytest.mark.parametrize(("terms", "reason", "field"), BAD_TERMS.values(), ids=BAD_TERMS.keys())
def test_bad_terms_name_their_field_and_keep_nothing(
    rest: Rest, account: str, terms, reason: str, field: str
) -> None:
    orders = f"/v1/accounts/{account}/orders"
    answer = rest.post(orders, order={**MARKET, **terms})
    assert (answer.status, answer.reason) == (400, reason)
    assert answer.fields == [f"order.{field}"]
    assert rest.get(orders).json["orders"] == []


def test_missing_fields_of_a_json_body(rest: Rest, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    for body, field in (({}, "order"), ({"order": MARKET, "request_id": ""}, "request_id")):
        answer = rest.post(orders, **body)
        assert (answer.status, answer.reason) == (400, "MISSING_FIELD")
        assert field in answer.fields
    assert rest.post_bytes(orders, b"{").reason == "MALFORMED_REQUEST"


def test_a_body_over_the_limit(rest: Rest, account: str) -> None:
    body = b'{"request_id": "' + b"x" * (6 * 2**20) + b'"}'
    answer = rest.post_bytes(f"/v1/accounts/{account}/orders", body)
    assert (answer.status, answer.reason) == (429, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/v1/accounts/acc_nobody", "ACCOUNT_NOT_FOUND"),
        ("/v1/accounts/acc_nobody/orders", "ACCOUNT_NOT_FOUND"),
        ("/v1/accounts/acc_nobody/fills", "ACCOUNT_NOT_FOUND"),
        ("/v1/accounts/acc_nobody/positions", "ACCOUNT_NOT_FOUND"),
        ("/v1/accounts/acc_nobody:watch", "ACCOUNT_NOT_FOUND"),
    ],
)
def test_an_unknown_account(rest: Rest, path: str, reason: str) -> None:
    answer = rest.get(path)
    assert (answer.status, answer.reason) == (404, reason)


def test_unknown_order_and_instrument(rest: Rest, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    assert rest.get(f"{orders}/nobody").reason == "ORDER_NOT_FOUND"
    assert rest.post(f"{orders}/nobody:cancel").reason == "ORDER_NOT_FOUND"
    unknown = rest.post(orders, order=MARKET | {"instrument_id": "NOPE"})
    assert unknown.reason == "INSTRUMENT_NOT_FOUND"


def test_watching_an_account_begins_with_what_is(rest: Rest, account: str) -> None:
    orders = f"/v1/accounts/{account}/orders"
    order_id = rest.post(orders, order=LIMIT).json["order"]["order_id"]
    order_when(rest, account, order_id, "STATE_ACCEPTED")
    watch = rest.lines(f"/v1/accounts/{account}:watch", "text/event-stream")
    snapshot = next(watch)["snapshot"]
    assert [each["order_id"] for each in snapshot["open_orders"]] == [order_id]
    rest.post(f"{orders}/{order_id}:cancel")
    states = (line["order"]["state"] for line in watch if "order" in line)
    assert list(itertools.islice(states, 2)) == ["STATE_PENDING_CANCEL", "STATE_CANCELED"]
    watch.close()


def test_a_watch_cut_at_100_points_has_no_hole_and_no_duplicate(
    rest: Rest, accounts, account: str
) -> None:
    def watch(cursor: str):
        return accounts.WatchAccount(
            account_service_pb2.WatchAccountRequest(account_id=account, cursor=cursor)
        )

    first = watch("")
    start = next(first).cursor
    first.close()
    orders = f"/v1/accounts/{account}/orders"
    placed = [rest.post(orders, order=LIMIT).json["order"]["order_id"] for _ in range(25)]
    for order_id in placed:
        order_when(rest, account, order_id, "STATE_ACCEPTED")
        rest.post(f"{orders}/{order_id}:cancel")
        order_when(rest, account, order_id, "STATE_CANCELED")

    def ended(message) -> bool:
        return message.order.order_id == placed[-1] and (
            message.order.state == order_pb2.Order.STATE_CANCELED
        )

    whole = read_until(watch(start), ended)
    draw, seen, cursor, cuts = random.Random(7), [], start, 0
    while not (seen and seen[-1] == whole[-1]):
        stream = watch(cursor)
        for message in itertools.islice(stream, draw.choice((1, 1, 1, 2))):
            seen.append(message)
            cursor = message.cursor
            if message == whole[-1]:
                break
        stream.close()
        cuts += 1
    assert cuts >= 100
    assert seen == whole


def read_until(stream, ended) -> list:
    messages = []
    for message in stream:
        messages.append(message)
        if ended(message):
            break
    stream.close()
    return messages
