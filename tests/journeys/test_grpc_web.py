"""gRPC-web from Node, through the real Envoy: unary, streams as they happen, error details."""

import time

import pytest

from tests.journeys.node import Node
from tests.unit.gateway.standin import PAUSE_SECONDS, STREAMED, StandIn

ACCOUNTS = ("orders/v1/account_service", "AccountService")


@pytest.fixture(params=["1.1", "2"], ids=["http1", "http2"])
def call(request, node: Node, standin: StandIn):
    def make(method: str, account_id: str, **how):
        how.setdefault("token", standin.token())
        asked = {"account_id": account_id}
        url = f"http://{standin.address}"
        return node.call(url, *ACCOUNTS, method, request=asked, http=request.param, **how)

    return make


def test_a_unary_call(call) -> None:
    reply = call("getAccount", "acc_1")
    assert reply.error is None
    assert reply.messages[0]["account"]["account_id"] == "acc_1"
    assert reply.messages[0]["account"]["display_name"] == "local"


def test_a_stream_arrives_as_it_is_sent(call) -> None:
    reply = call("watchAccount", "acc_1")
    assert reply.error is None
    assert [message["cursor"] for message in reply.messages] == ["1", "2", "3", "4", "5"]
    sent = [float(message["account"]["cash"]) for message in reply.messages]
    # Each message was here before the server made the one after the next.
    for arrived, later in zip(reply.times, sent[2:], strict=False):
        assert arrived < later
    assert sent[-1] - sent[0] >= PAUSE_SECONDS * (STREAMED - 2)


def test_a_client_may_leave_a_stream(call) -> None:
    start = time.monotonic()
    reply = call("watchAccount", "acc_1", limit=2)
    assert len(reply.messages) == 2
    assert reply.error is None
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("method", ["getAccount", "watchAccount"])
@pytest.mark.parametrize(
    ("account_id", "code", "reason", "fields"),
    [
        ("acc_invalid", "InvalidArgument", "NOT_POSITIVE", ["quantity"]),
        ("acc_poor", "FailedPrecondition", "INSUFFICIENT_BUYING_POWER", []),
        ("acc_other", "NotFound", "ACCOUNT_NOT_FOUND", []),
        ("", "InvalidArgument", "MISSING_FIELD", ["account_id"]),
        ("acc_broken", "Internal", "INTERNAL_ERROR", []),
    ],
)
def test_error_details_can_be_read(call, method, account_id, code, reason, fields) -> None:
    error = call(method, account_id).error
    assert (error["code"], error["reason"], error["fields"]) == (code, reason, fields)
    assert error["domain"] == "trademesh"
    assert error["message"]


@pytest.mark.parametrize(("token", "reason"), [(None, "TOKEN_MISSING"), ("a.b.c", "TOKEN_INVALID")])
@pytest.mark.parametrize("method", ["getAccount", "watchAccount"])
def test_the_gateway_s_own_refusals_look_the_same(call, method, token, reason) -> None:
    error = call(method, "acc_1", token=token).error
    assert (error["code"], error["reason"]) == ("Unauthenticated", reason)
