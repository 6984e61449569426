"""The rules that the protos state, held against a request; the domain checks what they cannot.

A broken rule is refused as the domain itself would refuse it: one reason, stable, whichever of the
two found the fault first.
"""

from collections.abc import Iterable, Mapping

import protovalidate
from google.protobuf.message import Message

from domain.errors import DomainError, InvalidRequest, QuotaExceeded

MISSING = ("MISSING_FIELD", "is required")
CHUNK = "bytes.max_len"
LONGEST_KEY = 100  # of a map, in the name of a field
DECIMAL = ("NOT_A_DECIMAL", "is not a plain decimal number such as 189.32")
ID = ("INVALID_ID", "is not an id: letters, digits, - and _, at most 64")

BY_FIELD: Mapping[str, tuple[str, str]] = {
    "account_id": ID,
    "backtest_id": ID,
    "break_id": ID,
    "export_id": ID,
    "group_id": ID,
    "import_id": ID,
    "kill_switch_id": ID,
    "order_id": ID,
    "reconciliation_id": ID,
    "run_id": ID,
    "left": ("UNKNOWN_RECORD", "is neither a run (run_…) nor a backtest (bt_…)"),
    "right": ("UNKNOWN_RECORD", "is neither a run (run_…) nor a backtest (bt_…)"),
    "trip_id": ID,
    "version_id": ("INVALID_ID", "is longer than 80 characters"),
    "instrument_id": ("INVALID_ID", "is longer than 64 characters"),
    "strategy_id": (
        "INVALID_STRATEGY_ID",
        "must be lower case letters, digits and single hyphens, at most 64: my-cross",
    ),
    "etag": ("INVALID_ETAG", "is not an etag: letters, digits, - and _, at most 64"),
    "class_name": ("STRATEGY_CLASS_NOT_FOUND", "is longer than 100 characters"),
    "source": ("SOURCE_TOO_LARGE", "is larger than 256 KiB"),
    "page_size": ("PAGE_SIZE_NEGATIVE", "must not be negative"),
    "page_token": ("PAGE_TOKEN_INVALID", "is not a token of this query"),
    "cursor": ("CURSOR_INVALID", "is not a token of this query"),
    "timeframe": ("UNKNOWN_TIMEFRAME", "must be one of 1m, 5m, 15m, 30m, 1h, 4h, 1d"),
    "time_zone": ("UNKNOWN_TIME_ZONE", "is longer than 64 characters"),
    "delimiter": ("UNKNOWN_DELIMITER", "must be a comma, a semicolon, | or a tab"),
    "start_date": ("BAD_DATE", "is no date like 2024-01-02"),
    "reason": ("TOO_LONG", "is longer than 500 characters"),
    "display_name": ("BAD_NAME", "must be at most 100 printable characters"),
    "broker": ("UNKNOWN_BROKER", "is longer than 32 characters"),
    "currency": ("UNKNOWN_CURRENCY", "must be three capital letters: USD"),
    "capital": DECIMAL,
    "cash": DECIMAL,
    "limit_price": DECIMAL,
    "max_daily_loss": DECIMAL,
    "max_daily_loss_percent": DECIMAL,
    "max_drawdown": DECIMAL,
    "max_drawdown_percent": DECIMAL,
    "max_gross_exposure": DECIMAL,
    "max_gross_exposure_percent": DECIMAL,
    "max_net_exposure": DECIMAL,
    "max_net_exposure_percent": DECIMAL,
    "max_order_notional": DECIMAL,
    "max_order_quantity": DECIMAL,
    "max_position": DECIMAL,
    "max_position_notional": DECIMAL,
    "max_position_percent": DECIMAL,
    "max_position_quantity": DECIMAL,
    "max_reject_percent": DECIMAL,
    "price_collar_percent": DECIMAL,
    "quantity": DECIMAL,
    "start_price": DECIMAL,
    "stop_price": DECIMAL,
    "trail_amount": DECIMAL,
    "trail_percent": DECIMAL,
}
"""Reason and words of a text or number that its field does not take."""

BY_RULE: Mapping[str, str] = {
    "enum.defined_only": "UNKNOWN_VALUE",
    "string.uuid": "NOT_A_UUID",
    "map.max_pairs": "TOO_MANY_VALUES",
    "timestamp.gte_lte": "BAD_TIME",
    "double.finite": "OUT_OF_RANGE",
    "double.gte": "OUT_OF_RANGE",
    "int32.gte": "OUT_OF_RANGE",
    "int32.gte_lte": "OUT_OF_RANGE",
    "int64.gte": "OUT_OF_RANGE",
}
"""Reasons of rules that mean the same in every field."""

WORDS: Mapping[str, str] = {
    "NOT_A_UUID": "must be a UUID",
    "UNKNOWN_VALUE": "is none of the values there are",
    "BAD_TIME": "is not a time between 1677 and 2262",
}
"""Our words where those of the rule say less."""

OF_MAPS: Mapping[str, tuple[str, str]] = {
    "parameters": ("UNKNOWN_PARAMETER", "INVALID_PARAMETER"),
    "columns": ("UNKNOWN_COLUMN", "OUT_OF_RANGE"),
}
"""Reasons of a map's keys and of its values."""

_validator = protovalidate.Validator()


def check_rules(request: Message) -> None:
    """Raises InvalidRequest with a violation for every field that breaks a rule of its proto.

    The reason is that of the first of them. A chunk that is too large is no wrong request: it
    raises QuotaExceeded (CHUNK_TOO_LARGE). Times beyond what a Timestamp may hold pass: the domain
    refuses those.
    """
    if broken := _validator.collect_violations(request):
        raise _refusal(broken)


def _refusal(broken: Iterable[protovalidate.Violation]) -> DomainError:
    reasons: list[str] = []
    violations: dict[str, str] = {}
    for violation in broken:
        if violation.proto.rule_id == CHUNK:
            return _too_large(violation.rule_value)
        field, reason, words = _told(violation)
        reasons.append(reason)
        violations.setdefault(field, words)
    message = "; ".join(f"{field}: {words}" for field, words in violations.items())
    return InvalidRequest(message, reason=reasons[0], violations=violations)


def _too_large(limit: int) -> QuotaExceeded:
    text = f"a chunk may have {limit} bytes"
    return QuotaExceeded(text, reason="CHUNK_TOO_LARGE", limit=str(limit))


def _told(violation: protovalidate.Violation) -> tuple[str, str, str]:
    """Field, reason and words."""
    broken = violation.proto
    path = broken.field.elements if broken.field is not None else []
    field, last = ".".join(map(_name, path)), path[-1]
    if broken.rule_id == "required" or violation.field_value == "":
        return field, *MISSING
    if last.subscript is not None:
        of_key, of_value = OF_MAPS[last.field_name]
        return field, of_key if broken.for_key else of_value, broken.message
    if last.field_name in BY_FIELD:
        return field, *BY_FIELD[last.field_name]
    reason = BY_RULE[broken.rule_id]
    return field, reason, WORDS.get(reason, broken.message)


def _name(element: protovalidate.FieldPathElementPb) -> str:
    """As the domain names it: `parameters.fast`."""
    if element.subscript is None:
        return element.field_name
    return f"{element.field_name}.{str(element.subscript.value)[:LONGEST_KEY]}"
