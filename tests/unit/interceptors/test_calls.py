"""What a call meets on its way: token, scope, object, deadline, and how it ends."""

import asyncio

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc

from apps.interceptors import chain
from apps.interceptors.access import UndeclaredCall, access_of_services
from apps.interceptors.deadlines import limited
from apps.server import Server
from domain.errors import (
    AlreadyExists,
    Conflict,
    InvalidRequest,
    NotAllowedNow,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
)
from gateway.calls import Call, read_calls
from tests.unit.gateway.standin import registrations
from tests.unit.interceptors.conftest import House, detail, reason_of, until

CALLS = read_calls()
registrations()  # loads the generated code of every service
ACCESS = access_of_services({call.service for call in CALLS})
ON_OBJECTS = [call for call in CALLS if ACCESS[call.path].kind]
CODES = grpc.StatusCode
CREDENTIALS = {
    "no token": ("", "TOKEN_MISSING"),
    "another scheme": ("Basic bWU6bWU=", "TOKEN_INVALID"),
    "no word behind the scheme": ("Bearer ", "TOKEN_INVALID"),
    "garbage": ("Bearer abc", "TOKEN_INVALID"),
}


async def raw(house: House, call: Call, *metadata: tuple[str, str], body: bytes = b""):
    """The call as bytes, and how it ended."""
    make = house.channel.unary_stream if call.streams else house.channel.unary_unary
    try:
        if call.streams:
            async for _ in make(call.path)(body, metadata=metadata, timeout=5):
                pass
        else:
            await make(call.path)(body, metadata=metadata, timeout=5)
    except grpc.aio.AioRpcError as error:
        return error.code(), error
    return CODES.OK, None


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
async def test_no_call_passes_without_a_good_token(house: House, call: Call) -> None:
    for value, reason in CREDENTIALS.values():
        code, error = await raw(house, call, *([("authorization", value)] if value else []))
        assert (code, reason_of(error)) == (CODES.UNAUTHENTICATED, reason)
    code, error = await raw(house, call, *house.metadata(life=-1))
    assert (code, reason_of(error)) == (CODES.UNAUTHENTICATED, "TOKEN_EXPIRED")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
async def test_no_call_passes_without_its_scope(house: House, call: Call) -> None:
    needed = house.server.access[call.path].scope
    others = [access.scope for access in house.server.access.values() if access.scope != needed]
    code, error = await raw(house, call, *house.metadata(scopes=others))
    assert (code, reason_of(error)) == (CODES.PERMISSION_DENIED, "SCOPE_MISSING")


@pytest.mark.parametrize("call", ON_OBJECTS, ids=lambda call: call.path)
async def test_objects_of_others_do_not_exist(house: House, call: Call) -> None:
    access = house.server.access[call.path]
    body = b"\x0a\x07x_other"  # the id is field 1 of every such request
    code, error = await raw(house, call, *house.metadata(), body=body)
    assert (code, reason_of(error)) == (CODES.NOT_FOUND, f"{access.kind.upper()}_NOT_FOUND")


async def test_a_missing_id_is_named(house: House) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get("")
    assert reason_of(refused.value) == "MISSING_FIELD"
    violation = detail(refused.value, BadRequest).field_violations[0]
    assert (violation.field, violation.description) == ("account_id", "is required")


async def test_the_tenant_comes_from_the_token(house: House) -> None:
    assert (await house.get()).account.display_name == "local"


async def test_two_callers_do_not_mix(house: House) -> None:
    ours, theirs = await asyncio.gather(
        house.get(), house.get(tenant="elsewhere"), return_exceptions=True
    )
    assert ours.account.display_name == "local"
    assert reason_of(theirs) == "ACCOUNT_NOT_FOUND"


async def test_health_needs_no_token(house: House) -> None:
    health = health_pb2_grpc.HealthStub(house.channel)
    answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_service_that_slipped_in_unseen_is_not_served(house: House) -> None:
    async def answer(request, context):
        return b"secret"

    handlers = {"Call": grpc.unary_unary_rpc_method_handler(answer)}
    house.server._server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("unseen.Service", handlers)]
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.channel.unary_unary("/unseen.Service/Call")(b"", timeout=5)
    assert refused.value.code() is CODES.UNIMPLEMENTED


REFUSALS = {
    CODES.INVALID_ARGUMENT: InvalidRequest("a: b", violations={"a": "b"}, reason="R"),
    CODES.NOT_FOUND: NotFound("none", reason="R", order_id="o1"),
    CODES.ALREADY_EXISTS: AlreadyExists("there", reason="R"),
    CODES.FAILED_PRECONDITION: NotAllowedNow("not now", reason="R"),
    CODES.ABORTED: Conflict("faster", reason="R"),
    CODES.UNAUTHENTICATED: Unauthenticated("who", reason="R"),
    CODES.PERMISSION_DENIED: PermissionDenied("may not", reason="R"),
    CODES.RESOURCE_EXHAUSTED: QuotaExceeded("too much", reason="R"),
    CODES.UNAVAILABLE: Unavailable("down", reason="R"),
}
RETRIED = {CODES.ABORTED, CODES.RESOURCE_EXHAUSTED, CODES.UNAVAILABLE}


@pytest.mark.parametrize(("code", "error"), REFUSALS.items(), ids=lambda x: str(x)[:30])
async def test_each_refusal_has_its_code_and_reason(house: House, code, error) -> None:
    async def refuse(_):
        raise error

    house.servicer.act = refuse
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get()
    assert (refused.value.code(), refused.value.details()) == (code, error.message)
    assert reason_of(refused.value) == "R"
    assert (detail(refused.value, RetryInfo) is not None) == (code in RETRIED)


async def test_a_very_long_refusal_still_arrives(house: House) -> None:
    async def refuse(_):
        rows = {f"rows[{number}].price": "is not a number " * 20 for number in range(5000)}
        raise InvalidRequest("m" * 50_000, violations=rows, reason="R", fact="f" * 50_000)

    house.servicer.act = refuse
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get()
    assert reason_of(refused.value) == "R"
    assert detail(refused.value, BadRequest).field_violations[0].field == "rows[0].price"


async def test_what_nobody_foresaw_is_told_by_its_incident_only(house: House, lines) -> None:
    async def break_down(_):
        raise RuntimeError("password=hunter2 in /etc/shadow")

    house.servicer.act = break_down
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get()
    assert refused.value.code() is CODES.INTERNAL
    assert reason_of(refused.value) == "INTERNAL_ERROR"
    assert "hunter2" not in repr(refused.value)
    await until(lambda: lines)
    [line] = [line for line in lines if line["event"] == "call"]
    assert line["incident_id"] in refused.value.details()
    assert isinstance(line["exc_info"], RuntimeError)


async def test_a_servicer_that_aborts_by_its_own_hand_is_logged_as_it_said(house, lines) -> None:
    async def abort(_):
        await house.servicer.context.abort(CODES.OUT_OF_RANGE, "by hand")

    house.servicer.act = abort
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get()
    assert refused.value.code() is CODES.OUT_OF_RANGE
    await until(lambda: lines)
    assert [line["code"] for line in lines if line["event"] == "call"] == ["OUT_OF_RANGE"]


async def test_a_call_that_nobody_wrote_yet_says_so(house: House) -> None:
    call = next(call for call in CALLS if call.method == "ListInstruments")
    code, error = await raw(house, call, *house.metadata())
    assert (code, reason_of(error)) == (CODES.UNIMPLEMENTED, "CALL_NOT_SERVED")


async def test_a_caller_s_own_deadline_stops_the_work(house: House) -> None:
    house.servicer.act = house.servicer.sleep
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get(seconds=0.2)
    assert refused.value.code() is CODES.DEADLINE_EXCEEDED
    async with asyncio.timeout(5):
        await house.servicer.cancelled.wait()


async def test_no_unary_call_runs_longer_than_the_limit(house: House, monkeypatch) -> None:
    monkeypatch.setattr(chain, "limited", lambda call: limited(call, longest=0.05))
    house.servicer.act = house.servicer.sleep
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get(seconds=20)
    assert refused.value.code() is CODES.DEADLINE_EXCEEDED
    assert reason_of(refused.value) == "DEADLINE_EXCEEDED"
    assert house.servicer.cancelled.is_set()


async def test_a_client_that_leaves_stops_the_work(house: House, lines) -> None:
    house.servicer.act = house.servicer.sleep
    call = asyncio.ensure_future(house.get())
    await house.servicer.entered.wait()
    call.cancel()
    async with asyncio.timeout(5):
        await house.servicer.cancelled.wait()
    await until(lambda: lines)
    assert lines[0]["code"] == "CANCELLED"


async def test_a_stream_ends_with_its_token(house: House) -> None:
    stream = house.watch(life=1)
    assert (await stream.read()).cursor == "1"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert (refused.value.code(), reason_of(refused.value)) == (
        CODES.UNAUTHENTICATED,
        "TOKEN_EXPIRED",
    )


async def test_a_stream_says_that_the_server_is_leaving(house: House) -> None:
    stream = house.watch()
    assert (await stream.read()).cursor == "1"
    leaving = asyncio.ensure_future(house.server.stop(5))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert (refused.value.code(), reason_of(refused.value)) == (
        CODES.UNAVAILABLE,
        "SERVER_DRAINING",
    )
    assert detail(refused.value, RetryInfo).retry_delay.seconds == 1
    async with asyncio.timeout(3):  # the grace was not used up
        await leaving


async def test_one_line_is_logged_a_call(house: House, lines) -> None:
    await house.get()
    with pytest.raises(grpc.aio.AioRpcError):
        await house.get("acc_other")
    await until(lambda: len(lines) == 2)
    good, refused = (line for line in lines if line["event"] == "call")
    assert good["method"] == "/trademesh.orders.v1.AccountService/GetAccount"
    assert (good["code"], good["tenant"], good["principal"]) == ("OK", "local", "tester")
    assert good["ms"] >= 0
    assert (refused["code"], refused["reason"]) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")
    assert "acc_" not in repr(lines)  # never what was said


async def test_a_service_that_declares_nothing_stops_the_server(tmp_path) -> None:
    class Nothing:
        Check = Watch = List = None

    with pytest.raises(UndeclaredCall, match=r"grpc\.health\.v1\.Health"):
        Server(
            f"unix:{tmp_path}/s",
            [(health_pb2_grpc.add_HealthServicer_to_server, Nothing())],
            tokens=None,
            ownership=None,
            drain=None,
            local=False,
        )
