"""Frames between an engine and the broker double: a length of four bytes, then msgpack."""

import asyncio
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from ports.broker import BrokerOrder, Question, Terms

T = TypeVar("T")

LENGTH = 4


class Call(Struct, array_like=True):
    """What an engine asks, or the runner (an empty account)."""

    number: int
    method: str
    account_id: str
    body: Raw
    epoch: int = 0
    left: float = 0.0
    """Seconds for which the sender held its lease when it wrote this."""


class Answer(Struct, array_like=True):
    """The answer to the call of that number; number 0 tells of news in an account."""

    number: int
    refused: str = ""
    body: Raw = Raw(b"\xc0")


class Submit(Struct, array_like=True):
    order: BrokerOrder


class Cancel(Struct, array_like=True):
    order_id: str


class Replace(Struct, array_like=True):
    order_id: str
    terms: Terms


class Ask(Struct, array_like=True):
    order_id: str
    question: Question


class Reports(Struct, array_like=True):
    after: int
    limit: int


class StatementOf(Struct, array_like=True):
    since: int


class Open(Struct, array_like=True):
    """Another account, of a broker with these promises (`scenario.PROFILES`)."""

    profile: str
    cash: int


pack = msgspec.msgpack.encode


def raw(value: Any) -> Raw:
    """A value as the body of a frame."""
    return Raw(pack(value))


def frame(message: Struct) -> bytes:
    """One message with its length before it."""
    packed = pack(message)
    return len(packed).to_bytes(LENGTH, "big") + packed


async def read(reader: asyncio.StreamReader, kind: type[T]) -> T:
    """The next message. Raises IncompleteReadError at the end."""
    length = int.from_bytes(await reader.readexactly(LENGTH), "big")
    return msgspec.msgpack.decode(await reader.readexactly(length), type=kind)
