"""A client sees one shape of error, whoever refused: the service or the gateway."""

import base64
import contextlib
import socket
from uuid import uuid4

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from adapters.local_token.issuer import LocalTokenIssuer
from tests.unit.gateway.standin import Answer, StandIn
from trademesh.orders.v1 import account_service_pb2 as accounts
from trademesh.orders.v1 import account_service_pb2_grpc as account_rpc

GET_ACCOUNT = "/trademesh.orders.v1.AccountService/GetAccount"
MEBIBYTE = 2**20


def assert_shape(answer: Answer, status: int, code: int, reason: str) -> None:
    assert answer.headers["content-type"] == "application/json"
    assert (answer.status, answer.json["code"], answer.reason) == (status, code, reason)
    info = answer.json["details"][0]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["domain"] == "trademesh"
    assert isinstance(info["metadata"], dict)
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("account", "status", "code", "reason"),
    [
        ("acc_invalid", 400, 3, "NOT_POSITIVE"),
        ("acc_missing", 404, 5, "ACCOUNT_NOT_FOUND"),
        ("acc_other", 404, 5, "ACCOUNT_NOT_FOUND"),
        ("acc_poor", 400, 9, "INSUFFICIENT_BUYING_POWER"),
        ("acc_busy", 409, 10, "CONCURRENT_UPDATE"),
        ("acc_broken", 500, 13, "INTERNAL_ERROR"),
    ],
)
@pytest.mark.parametrize("verb", ["", ":watch"])
def test_what_the_service_refuses(house: StandIn, account, verb, status, code, reason) -> None:
    assert_shape(house.get(f"/v1/accounts/{account}{verb}"), status, code, reason)


def test_a_refused_field_is_named(house: StandIn) -> None:
    violations = house.get("/v1/accounts/acc_invalid").json["details"][1]["field_violations"]
    assert [(item["field"], item["description"]) for item in violations] == [
        ("quantity", "must be positive")
    ]


def test_what_nobody_foresaw_tells_an_incident_and_nothing_else(house: StandIn) -> None:
    answer = house.get("/v1/accounts/acc_broken")
    incident = answer.json["details"][0]["metadata"]["incident_id"]
    assert incident in answer.json["message"]
    assert b"SELECT" not in answer.body
    assert b"/var/lib" not in answer.body


def test_no_token(house: StandIn) -> None:
    assert_shape(house.call("GET", "/v1/accounts/acc_1", token=None), 401, 16, "TOKEN_MISSING")


def test_an_expired_token(house: StandIn) -> None:
    issuer = LocalTokenIssuer(house.key, lambda: 1_000_000_000)
    token = issuer.issue("local", "tester", ["orders.read"])
    answer = house.call("GET", "/v1/accounts/acc_1", token=token)
    assert_shape(answer, 401, 16, "TOKEN_EXPIRED")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token(house: StandIn, token: str) -> None:
    assert_shape(house.call("GET", "/v1/accounts/acc_1", token=token), 401, 16, "TOKEN_INVALID")


def test_a_token_without_the_scope(house: StandIn) -> None:
    answer = house.call("GET", "/v1/accounts/acc_1", token=house.token(scopes=["backtests.read"]))
    assert_shape(answer, 403, 7, "SCOPE_MISSING")
    assert answer.json["details"][0]["metadata"] == {"scope": "orders.read"}


def test_an_object_of_another_tenant_does_not_exist(house: StandIn) -> None:
    answer = house.call("GET", "/v1/accounts/acc_1", token=house.token(tenant="elsewhere"))
    assert_shape(answer, 404, 5, "ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/nothing", "/nothing", "/stats"])
def test_a_path_that_does_not_exist(house: StandIn, path: str) -> None:
    assert_shape(house.get(path), 404, 5, "ROUTE_NOT_FOUND")


def test_a_verb_that_does_not_exist(house: StandIn) -> None:
    assert_shape(house.call("DELETE", "/v1/accounts/acc_1"), 404, 5, "ROUTE_NOT_FOUND")


def test_json_on_a_grpc_path(house: StandIn) -> None:
    answer = house.call(
        "POST", GET_ACCOUNT, body=b"{}", headers={"content-type": "application/json"}
    )
    assert_shape(answer, 404, 5, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{bad", "Expected"),
        (b"<a/>", "Expected a value"),
        (b'{"order": 5}', "order: invalid value 5"),
        (b'{"order": {"side": "SIDEWAYS"}}', "order.side: invalid value"),
        (b'{"account_id": "acc_2"}', "account_id"),
    ],
)
def test_a_body_that_is_no_request_names_what_is_wrong(house: StandIn, body, named) -> None:
    answer = house.call("POST", "/v1/accounts/acc_1/orders", body=body)
    assert_shape(answer, 400, 3, "MALFORMED_REQUEST")
    assert named in answer.json["message"]


@pytest.mark.parametrize(
    ("query", "named"), [("colour=red", '"colour"'), ("page_size=many", "page_size")]
)
def test_a_query_that_is_no_request_names_what_is_wrong(house: StandIn, query, named) -> None:
    answer = house.get(f"/v1/accounts?{query}")
    assert_shape(answer, 400, 3, "MALFORMED_REQUEST")
    assert named in answer.json["message"]


def test_a_body_over_the_limit(house: StandIn) -> None:
    body = b'{"request_id": "' + b"x" * (5 * MEBIBYTE) + b'"}'
    answer = house.call("POST", "/v1/accounts/acc_1/orders", body=body)
    assert_shape(answer, 429, 8, "BODY_TOO_LARGE")


def test_a_body_without_end_is_cut_off(house: StandIn) -> None:
    head = (
        "POST /v1/accounts/acc_1/orders HTTP/1.1\r\nhost: localhost\r\n"
        f"authorization: Bearer {house.token()}\r\ncontent-length: {100 * MEBIBYTE}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as wire:
        wire.sendall(head.encode() + b'{"request_id": "')
        with contextlib.suppress(ConnectionError):  # it stops listening on the way
            for _ in range(100):
                wire.sendall(b"x" * MEBIBYTE)
        answer = wire.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"BODY_TOO_LARGE" in answer


def test_a_chunk_of_four_mebibytes_passes_in_json(house: StandIn) -> None:
    chunk = base64.b64encode(bytes(4 * MEBIBYTE))
    body = b'{"request_id": "%s", "data": "%s"}' % (str(uuid4()).encode(), chunk)
    answer = house.call("POST", "/v1/imports/imp_1/chunks", body=body)
    assert answer.reason == "CALL_NOT_SERVED", "it came through to the service, which is none here"


# The same over gRPC.


def grpc_refusal(house: StandIn, token: str | None, account_id: str = "acc_1"):
    metadata = () if token is None else (("authorization", f"Bearer {token}"),)
    with house.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        account_rpc.AccountServiceStub(channel).GetAccount(
            accounts.GetAccountRequest(account_id=account_id), metadata=metadata, timeout=5
        )
    return refused.value.code(), reason_of(refused.value)


def reason_of(error: grpc.RpcError) -> str:
    status = rpc_status.from_call(error)  # raises where code and details disagree
    assert status is not None
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "trademesh"
    return info.reason


def test_grpc_clients_get_the_reason_of_the_service(house: StandIn) -> None:
    assert grpc_refusal(house, house.token(), "acc_poor") == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "INSUFFICIENT_BUYING_POWER",
    )


def test_grpc_clients_get_the_reason_of_the_gateway(house: StandIn) -> None:
    unauthenticated = grpc.StatusCode.UNAUTHENTICATED
    assert grpc_refusal(house, None) == (unauthenticated, "TOKEN_MISSING")
    assert grpc_refusal(house, "a.b.c") == (unauthenticated, "TOKEN_INVALID")


@pytest.mark.parametrize(
    ("path", "body", "code", "reason"),
    [
        ("/x.Y/Z", b"", grpc.StatusCode.UNIMPLEMENTED, "ROUTE_NOT_FOUND"),
        (GET_ACCOUNT, b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST"),
        (GET_ACCOUNT, b"", grpc.StatusCode.INVALID_ARGUMENT, "MISSING_FIELD"),
        (
            GET_ACCOUNT,
            b"x" * (5 * MEBIBYTE + 1),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "BODY_TOO_LARGE",
        ),
        (
            GET_ACCOUNT,
            b"x" * (15 * MEBIBYTE),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "BODY_TOO_LARGE",
        ),
    ],
    ids=["no such call", "not protobuf", "no account", "too large", "far too large"],
)
def test_bytes_that_no_stub_would_send(house: StandIn, path, body, code, reason) -> None:
    metadata = (("authorization", f"Bearer {house.token()}"),)
    with house.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(body, metadata=metadata, timeout=5)
    assert (refused.value.code(), reason_of(refused.value)) == (code, reason)
