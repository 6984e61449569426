"""Hostile values in the fields of any message, and who judges how a call ended."""

import itertools

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.calls import Call, read_calls
from tests.journeys.clients import Refused
from tests.journeys.conftest import Platform
from tests.unit.gateway.standin import registrations

registrations()  # loads the generated code of every service

CALLS = read_calls()
REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
TEXTS = {
    "empty": "",
    "nul": "\0",
    "ducks": "🦆" * 50,
    "path": "../../../etc/passwd",
    "query": "x' OR '1'='1' --",
    "long": "x" * 100_000,
    "digits": "9" * 400,
    "nan": "NaN",
    "minus": "-1",
    "exponent": "1e999999999",
    "arabic digits": "١٢٣",
    "spaces": "   ",
    "line ends": "a\r\nb",
}
LOWEST, HIGHEST = -(2**31), 2**31 - 1
HOSTILE = list(zip(TEXTS.values(), itertools.cycle([LOWEST, HIGHEST]), strict=False))
WHOLE = {"Timestamp"}
INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_ENUM,
}
FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}


def fill(message: Message, text: str, number: int) -> Message:
    """Puts the same hostile values into every field, and into those of its messages."""
    if isinstance(message, Timestamp):
        message.seconds, message.nanos = number * 1000, number
        return message
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            if field.message_type and field.message_type.GetOptions().map_entry:
                value = field.message_type.fields_by_name["value"]
                is_text = value.cpp_type == FieldDescriptor.CPPTYPE_STRING
                getattr(message, field.name)[text] = text if is_text else number
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            fill(getattr(message, field.name), text, number)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            is_bytes = field.type == FieldDescriptor.TYPE_BYTES
            setattr(message, field.name, text.encode() if is_bytes else text)
        elif field.cpp_type in INTEGERS:
            setattr(message, field.name, number)
        elif field.cpp_type in FLOATS:
            setattr(message, field.name, float("nan") if number < 0 else float("inf"))
    return message


def empty(call: Call) -> Message:
    service = Default().FindServiceByName(call.service)
    return GetMessageClass(service.FindMethodByName(call.method).input_type)()


class Wire:
    """Sends messages to calls by their path, and judges how they ended."""

    def __init__(self, platform: Platform, channel: grpc.Channel) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {platform.token}"),)
        self.owned = {"account_id": "", "run_id": platform.demo_run}
        self.owned |= {"backtest_id": platform.demo_backtest, "strategy_id": "sma-cross"}

    def send(self, call: Call, message: Message) -> None:
        """Asserts that it was answered, or refused with a reason."""
        kind = self._channel.unary_stream if call.streams else self._channel.unary_unary
        try:
            answer = kind(call.path)(
                message.SerializeToString(), metadata=self._metadata, timeout=20
            )
            if call.streams:
                next(answer, None)
                answer.cancel()
        except grpc.RpcError as error:
            refused = Refused(error)
            assert refused.code in REFUSALS, (call.path, refused)
            assert refused.reason, (call.path, refused)
