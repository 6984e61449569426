"""What a case says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from tests.unit.cli.house import Refusal

EXPIRED = Refusal(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED", "the token has expired")


@dataclass(frozen=True)
class Refused:
    """The likely refusal: the arguments, what the platform answers, the exit code."""

    code: int
    arguments: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""  # a part of what stands on stderr


@dataclass(frozen=True)
class Case:
    """`arguments` follow the command's name; `answers` are those of the platform, by call.

    A stream's answer is the list of its messages. Both run in an empty folder that has `files`.
    `prepare(folder, monkeypatch)` does more than that. `golden` is False for a command without
    JSON; `changing` lists regular expressions whose matches become `<…>` in the golden file.
    """

    arguments: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    refused: Refused | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path, Any], None] | None = None
    golden: bool = True
    changing: tuple[str, ...] = ()
    code: int = 0


def not_found(reason: str, method: str, **facts: str) -> dict[str, Any]:
    """What the platform answers where there is no such thing."""
    refusal = Refusal(
        grpc.StatusCode.NOT_FOUND, reason, "no such thing", facts=tuple(facts.items())
    )
    return {method: refusal}


def refused_now(reason: str, method: str) -> dict[str, Any]:
    """What the platform answers where it is refused in the present state."""
    return {method: Refusal(grpc.StatusCode.FAILED_PRECONDITION, reason, "not now")}


def invalid(reason: str, method: str) -> dict[str, Any]:
    """What the platform answers to a value that is wrong."""
    return {method: Refusal(grpc.StatusCode.INVALID_ARGUMENT, reason, "wrong")}
