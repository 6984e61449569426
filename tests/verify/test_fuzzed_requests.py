"""Tens of thousands of requests to every call of a running platform, straight at its own server.

Each ends with an answer, or with a refusal that has a reason and, where the request itself is
wrong, a field. One broken rule is refused for that field and no other. Whatever breaks once is made
again: the cases follow from the protos and a fixed seed.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from apps.interceptors.access import access_of_services
from gateway.calls import Call, read_calls
from tests.fuzz.known import Known
from tests.fuzz.requests import Case, Maker
from tests.journeys.clients import Rest
from tests.journeys.conftest import Platform
from tests.unit.gateway.standin import registrations

SEED = 20140301
LEAST_IN_ALL = 60_000
A_CALL = 1_000
FEWER = {"PushStrategy": 100, "CheckBars": 100}  # a process of its own for each
TOGETHER = 16
SECONDS = 30
PATIENCE = 0.5  # seconds that a stream may be silent: nothing happened since its cursor
FINE = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
INVALID = grpc.StatusCode.INVALID_ARGUMENT
SILENT = grpc.StatusCode.DEADLINE_EXCEEDED
NO_MESSAGE = "MALFORMED_REQUEST"

registrations()  # loads the generated code of every service
CALLS = read_calls()
ACCESS = access_of_services({call.service for call in CALLS})
COUNTS = {call.path: FEWER.get(call.method, A_CALL) for call in CALLS}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder))
        yield platform
        assert platform.stop() == 0
        log = Path(platform.data_dir, "logs", "trademesh.log").read_text()
        assert "incident_id" not in log, "something happened that nobody foresaw"


@pytest.fixture(scope="module")
def known(platform: Platform) -> Known:
    return Known(platform, Rest(platform.rest, platform.token))


def test_there_are_cases_enough() -> None:
    assert sum(COUNTS.values()) >= LEAST_IN_ALL


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
async def test_a_made_up_request_is_answered_or_refused_with_a_reason(
    platform: Platform, known: Known, call: Call
) -> None:
    request = GetMessageClass(method_of(call).input_type)
    maker = Maker(request, known.text, f"{SEED} {call.path}", validate_only=True)
    cases, ends = maker.cases(COUNTS[call.path]), Counter[str]()
    async with grpc.aio.insecure_channel(f"unix:{platform.data_dir}/envoy/backend.sock") as channel:
        wire = Wire(channel, call, platform.token)

        async def send_some() -> None:
            for case in cases:
                ends[await wire.send(case)] += 1

        await asyncio.gather(*(send_some() for _ in range(TOGETHER)))
    assert ends.total() == COUNTS[call.path]
    assert ends["INVALID_ARGUMENT"] > 0, ends


class Wire:
    """Sends cases to one call and judges how each ends."""

    def __init__(self, channel: grpc.aio.Channel, call: Call, token: str) -> None:
        self._call = call
        self._send = (channel.unary_stream if call.streams else channel.unary_unary)(call.path)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._answer = GetMessageClass(method_of(call).output_type)
        self._own = ACCESS[call.path].id_field

    async def send(self, case: Case) -> str:
        """The name of its end."""
        try:
            content = await self._content(case)
        except grpc.aio.AioRpcError as error:
            if self._call.streams and error.code() is SILENT:
                return "silent"
            self._judge(case, error)
            return error.code().name
        if content is not None:
            self._answer.FromString(content)
        assert case.kind != "spoilt", (case, "was let through")
        return "OK"

    async def _content(self, case: Case) -> bytes | None:
        """The answer, of a stream the first; None where a stream ends without one."""
        if not self._call.streams:
            answer: bytes = await self._send(case.content, metadata=self._metadata, timeout=SECONDS)
            return answer
        stream = self._send(case.content, metadata=self._metadata, timeout=PATIENCE)
        try:
            async for first in stream:
                return bytes(first)
            return None
        finally:
            stream.cancel()

    def _judge(self, case: Case, error: grpc.aio.AioRpcError) -> None:
        reason, fields = refusal(error)
        assert error.code() in FINE, (case, error)
        assert reason, (case, error)
        if error.code() is INVALID and reason != NO_MESSAGE:
            assert fields, (case, error)
        if case.kind == "spoilt" and case.field != self._own:
            assert error.code() is INVALID, (case, error)
            assert all(one == case.field or one.startswith(f"{case.field}.") for one in fields), (
                case,
                fields,
            )


def refusal(error: grpc.aio.AioRpcError) -> tuple[str, list[str]]:
    """The reason, and the fields at fault."""
    reason, fields = "", list[str]()
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        info, bad = ErrorInfo(), BadRequest()
        for detail in Status.FromString(bytes(value)).details:
            if detail.Unpack(info):
                reason = info.reason
            elif detail.Unpack(bad):
                fields = [violation.field for violation in bad.field_violations]
    return reason, fields


def method_of(call: Call) -> MethodDescriptor:
    return Default().FindServiceByName(call.service).FindMethodByName(call.method)
