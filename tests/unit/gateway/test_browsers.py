"""What pages of other sites may do, and what no client may pretend."""

import pytest

from tests.unit.gateway.standin import ORIGIN, StandIn

REST = "/v1/accounts/acc_1"
GRPC = "/trademesh.orders.v1.AccountService/GetAccount"
SPOOFED = {
    "x-jwt-sub": "root",
    "x-jwt-tenant": "elsewhere",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-retry-on": "5xx",
    "x-envoy-original-path": "/metrics",
    "x-forwarded-host": "evil.example",
}


def preflight(house: StandIn, path: str, origin: str):
    asks = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-grpc-web",
    }
    return house.call("OPTIONS", path, headers=asks, token=None)


@pytest.mark.parametrize("path", [REST, GRPC])
def test_a_configured_origin_may_call(house: StandIn, path: str) -> None:
    answer = preflight(house, path, ORIGIN)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    allowed = answer.headers["access-control-allow-headers"].split(",")
    assert {"authorization", "x-grpc-web", "grpc-timeout"} <= set(allowed)


@pytest.mark.parametrize("path", [REST, GRPC])
@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null"])
def test_another_origin_may_not(house: StandIn, path: str, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(house, path, origin).headers


def test_errors_can_be_read_by_the_page_too(house: StandIn) -> None:
    for answer in (
        house.get("/v1/accounts/acc_poor", origin=ORIGIN),
        house.call("GET", REST, headers={"origin": ORIGIN}, token=None),
        house.get("/v1/nothing", origin=ORIGIN),
    ):
        assert answer.status >= 400
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "grpc-status-details-bin" in answer.headers["access-control-expose-headers"]


def test_headers_that_only_the_gateway_may_set_do_not_arrive(house: StandIn) -> None:
    plain = house.get(REST)
    spoofed = house.get(REST, **SPOOFED)
    # The stand-in answers with the names of the headers that arrived.
    assert spoofed.json["account"]["broker"] == plain.json["account"]["broker"]
    assert spoofed.json["account"]["display_name"] == "local"


def test_a_spoofed_header_is_no_token(house: StandIn) -> None:
    assert house.call("GET", REST, headers=SPOOFED, token=None).reason == "TOKEN_MISSING"


@pytest.mark.parametrize(
    "headers", [{"x_under_score": "1"}, {"x-long": "x" * 40_000}], ids=["underscore", "long"]
)
def test_strange_headers_are_refused(house: StandIn, headers: dict[str, str]) -> None:
    assert 400 <= house.get(REST, **headers).status < 500


@pytest.mark.parametrize("path", ["/v1%2faccounts", "/v1/accounts%5cacc_1"])
def test_escaped_slashes_are_refused(house: StandIn, path: str) -> None:
    assert house.get(path).status == 400
