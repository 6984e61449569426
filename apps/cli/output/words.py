"""Values of the API in the words and figures a person reads."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.cli.output.views import Column, Kind, lookup

_PREFIXES = (
    "STATE_",
    "SIDE_",
    "ORDER_TYPE_",
    "TIME_IN_FORCE_",
    "ADJUSTMENT_",
    "TICK_KIND_",
    "KIND_",
    "FORMAT_",
    "CONTENT_",
    "FIX_",
    "OUTCOME_",
    "TRIGGER_",
    "VERDICT_",
    "COMPONENT_",
)

RIGHT_ALIGNED = {Kind.COUNT, Kind.NUMBER, Kind.MONEY, Kind.PERCENT, Kind.SHARE, Kind.RATIO}


def in_words(thing: Mapping[str, Any], column: Column) -> str:
    """Empty where the value is unset: what cannot be computed is not zero."""
    value = lookup(thing, column.path)
    if value is None or value == "":
        return ""
    return _WRITERS[column.kind](value)


def state_in_words(value: str) -> str:
    """`SUCCEEDED` for `STATE_SUCCEEDED`."""
    for prefix in _PREFIXES:
        if value.startswith(prefix):
            return value.removeprefix(prefix).replace("_", " ")
    return value


def time_in_words(value: str) -> str:
    """`2013-02-28 21:00` in UTC; midnight is left out."""
    text = value.removesuffix("Z").replace("T", " ").partition(".")[0]
    return text.removesuffix(" 00:00:00").removesuffix(":00")


def money_in_words(value: str) -> str:
    """`128,400.25`."""
    return f"{Decimal(value):,.2f}"


def number_in_words(value: Any) -> str:
    """A decimal without the zeros that say nothing."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_parameter(each) for each in value)
    return str(value)


def _parameter(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    default = f"={value['default_value']}" if "default_value" in value else ""
    return f"{value['name']}{default}"


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.STATE: state_in_words,
    Kind.TIME: time_in_words,
    Kind.COUNT: lambda value: f"{int(float(value)):,}",
    Kind.NUMBER: number_in_words,
    Kind.MONEY: money_in_words,
    Kind.PERCENT: lambda value: f"{float(value):+.2%}",
    Kind.SHARE: lambda value: f"{float(value):.2%}",
    Kind.RATIO: lambda value: f"{float(value):.2f}",
}
