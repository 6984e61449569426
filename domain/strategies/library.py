"""The library: strategies by name, each kept in immutable versions of its source."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from domain.errors import DomainError, InvalidRequest, NotAllowedNow, invalid
from domain.strategies.parameters import Parameter, parse_value

MAX_SOURCE_BYTES = 256 * 1024
MAX_NAME = 64
HASH = "sha256:"
MAX_VALUE = 1_000  # characters of a parameter

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)


class Setting(Struct, frozen=True):
    """A parameter as it is kept: its default as text, None where it is required."""

    name: str
    type: str
    default: str | None
    doc: str = ""


class StrategyVersion(Struct, frozen=True):
    """One source of a strategy, kept for ever under the hash of its content."""

    tenant: str
    strategy_id: str
    version_id: str
    class_name: str
    summary: str
    settings: tuple[Setting, ...]
    source: str
    create_ts: int


class Listed(Struct, frozen=True):
    """A strategy of the library: its newest version, and whether it was put away."""

    latest: StrategyVersion
    archived: bool = False

    def check_in_use(self) -> None:
        """Raises NotAllowedNow (`STRATEGY_ARCHIVED`) for one that starts nothing new."""
        if self.archived:
            raise archived(self.latest.strategy_id)


def archived(strategy_id: str) -> NotAllowedNow:
    """The refusal of anything new with a strategy that was put away."""
    return NotAllowedNow(
        f"strategy {strategy_id} is archived; push to it to bring it back",
        reason="STRATEGY_ARCHIVED",
        strategy_id=strategy_id,
    )


def version_id_of(source: str, class_name: str) -> str:
    """Equal sources with equal class names have equal ids, anywhere."""
    digest = hashlib.sha256(f"{class_name}\0{source}".encode())
    return f"{HASH}{digest.hexdigest()}"


def setting_of(parameter: Parameter) -> Setting:
    """The parameter with its default as a client would write it."""
    default = parameter.default
    text = None if parameter.is_required else _text(default)
    return Setting(parameter.name, parameter.type, text, parameter.doc)


def check_strategy_id(strategy_id: str) -> None:
    """Raises InvalidRequest (`INVALID_STRATEGY_ID`) for a name that the library does not take."""
    if len(strategy_id) > MAX_NAME or not _NAME.fullmatch(strategy_id):
        raise invalid(
            "strategy_id",
            f"must be lower case letters, digits and single hyphens, at most {MAX_NAME}: my-cross",
            reason="INVALID_STRATEGY_ID",
        )


def check_source(source: str) -> None:
    """Raises InvalidRequest: `MISSING_FIELD`, or `SOURCE_TOO_LARGE` beyond 256 KiB."""
    if not source.strip():
        raise invalid("source", "is required", reason="MISSING_FIELD")
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise invalid("source", "is larger than 256 KiB", reason="SOURCE_TOO_LARGE")


def check_parameters(
    settings: Sequence[Setting], values: Mapping[str, str], instrument_id: str
) -> dict[str, str]:
    """The values a client wrote, with what is traded in `instrument_id` where there is one.

    Raises InvalidRequest with a violation `parameters.<name>` for each at fault:
    `UNKNOWN_PARAMETER` (says the nearest name), `INVALID_PARAMETER` or `MISSING_PARAMETER`.
    """
    known = {one.name: one for one in settings}
    unknown = {name: _nearest(name, known) for name in values if name not in known}
    if unknown:
        raise _refused("UNKNOWN_PARAMETER", unknown)
    given = dict(values)
    if "instrument_id" in known:
        given["instrument_id"] = instrument_id
    wrong = {
        name: f"{text[:50]!r} is not of type {known[name].type}, or too long"
        for name, text in given.items()
        if not _parses(known[name].type, text)
    }
    if values.get("instrument_id", instrument_id) not in (
        instrument_id,
        instrument_id.partition(".")[0],
    ):
        wrong["instrument_id"] = f"is not the instrument traded, {instrument_id}"
    if wrong:
        raise _refused("INVALID_PARAMETER", wrong)
    missing = {
        one.name: f"is required, of type {one.type}"
        for one in settings
        if one.default is None and one.name not in given and one.name != "instrument_ids"
    }
    if missing:
        raise _refused("MISSING_PARAMETER", missing)
    return given


def _refused(reason: str, faults: Mapping[str, str]) -> InvalidRequest:
    violations = {f"parameters.{name}": text for name, text in faults.items()}
    message = "; ".join(f"{field}: {text}" for field, text in violations.items())
    return InvalidRequest(message, reason=reason, violations=violations)


def _nearest(name: str, known: Mapping[str, Setting]) -> str:
    if near := difflib.get_close_matches(name[:MAX_NAME], known, 1):
        return f"is no parameter of the strategy; did you mean {near[0]}?"
    return f"is no parameter of the strategy; it has {', '.join(known) or 'none'}"


def _parses(type_name: str, text: str) -> bool:
    if len(text) > MAX_VALUE:
        return False
    try:
        parse_value(type_name, text)
    except (ValueError, DomainError):
        return False
    return True


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
