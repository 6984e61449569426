"""The fields of a strategy as parameters: for forms, command lines and search spaces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from decimal import Decimal
from typing import Any, get_type_hints

from msgspec import Struct

from domain.errors import DomainError, InvalidRequest, invalid
from domain.strategies.strategy import Strategy
from domain.values import parse_decimal

Value = str | int | float | bool | Decimal | tuple[str, ...]


class Parameter(Struct, frozen=True):
    """One field of a strategy. `default` is None where the author gave none."""

    name: str
    type: str
    default: Value | None
    is_required: bool
    doc: str


def parameters_of(strategy: type[Strategy]) -> tuple[Parameter, ...]:
    """The parameters in the author's order; a field's doc is its metadata "doc".

    Raises InvalidRequest: `UNSUPPORTED_PARAMETER_TYPE` for a field that is none of str, int,
    float, bool, Decimal and tuple[str, ...], `BAD_STRATEGY` for a class with fields that is no
    dataclass.
    """
    own = vars(strategy)
    if own.get("__annotations__") and "__dataclass_fields__" not in own:
        raise _bad(strategy, "has fields but is not a dataclass: put @dataclass above it")
    if not hasattr(strategy, "__dataclass_fields__"):
        return ()
    try:
        hints = get_type_hints(strategy)
    except (NameError, TypeError) as error:
        raise _bad(strategy, f"has an annotation that cannot be read: {error}") from error
    described: tuple[Field[Any], ...] = fields(strategy)  # type: ignore[arg-type]
    return tuple(_parameter(strategy, one, hints[one.name]) for one in described if one.init)


def parse_value(type_name: str, text: str) -> Value:
    """One value of a parameter's type. Raises ValueError or InvalidRequest."""
    return _PARSERS[type_name](text)


def parse_parameters(strategy: type[Strategy], values: Mapping[str, str]) -> dict[str, Value]:
    """The values a client wrote, typed.

    Raises InvalidRequest with one violation a field `parameters.<name>`: `UNKNOWN_PARAMETER`,
    `INVALID_PARAMETER`. What is missing is not complained of here.
    """
    known = {one.name: one for one in parameters_of(strategy)}
    parsed: dict[str, Value] = {}
    violations: dict[str, str] = {}
    unknown = [name for name in values if name not in known]
    for name in unknown:
        violations[f"parameters.{name}"] = f"unknown; there are {', '.join(known) or 'none'}"
    for name, text in values.items():
        if name in known:
            try:
                parsed[name] = _PARSERS[known[name].type](text)
            except (ValueError, DomainError):
                violations[f"parameters.{name}"] = f"{text!r} is not of type {known[name].type}"
    if violations:
        reason = "UNKNOWN_PARAMETER" if unknown else "INVALID_PARAMETER"
        raise InvalidRequest(_sentence(violations), reason=reason, violations=violations)
    return parsed


def make_strategy(
    strategy: type[Strategy], values: Mapping[str, str], instrument_ids: Sequence[str] = ()
) -> Strategy:
    """A strategy with those parameter values.

    Fields called `instrument_id` and `instrument_ids` are filled from what the run trades unless
    given. Raises InvalidRequest as `parse_parameters`, with `MISSING_PARAMETER` for a required
    one that is not given and `INVALID_PARAMETER` when the author's own checks refuse.
    """
    parsed = parse_parameters(strategy, values)
    known = parameters_of(strategy)
    names = {one.name for one in known}
    if "instrument_id" in names and instrument_ids:
        parsed.setdefault("instrument_id", instrument_ids[0])
    if "instrument_ids" in names and instrument_ids:
        parsed.setdefault("instrument_ids", tuple(instrument_ids))
    missing = {
        f"parameters.{one.name}": f"missing; of type {one.type}"
        for one in known
        if one.is_required and one.name not in parsed
    }
    if missing:
        raise InvalidRequest(_sentence(missing), reason="MISSING_PARAMETER", violations=missing)
    try:
        return strategy(**parsed)
    except Exception as error:  # an author's own checks may raise anything
        raise invalid(
            "parameters", f"{strategy.__name__} refuses them: {error}", reason="INVALID_PARAMETER"
        ) from error


def change_parameters(strategy: Strategy, values: Mapping[str, str]) -> None:
    """Gives a strategy at work those values; what is not among them gets its default.

    What it has learnt stays. Raises as `make_strategy`: the author's own checks see the new values
    in a strategy made of them.
    """
    made = make_strategy(type(strategy), values)
    for one in parameters_of(type(strategy)):
        setattr(strategy, one.name, getattr(made, one.name))


def _parameter(strategy: type[Strategy], field: "Field[Any]", hint: object) -> Parameter:
    name = _TYPE_NAMES.get(hint)
    if name is None:
        raise _bad(
            strategy,
            f"has a field {field.name} of a type that cannot be a parameter",
            "UNSUPPORTED_PARAMETER_TYPE",
        )
    default: Any = field.default
    make: Any = field.default_factory
    if default is MISSING and make is not MISSING:
        default = make()
    return Parameter(
        field.name,
        name,
        None if default is MISSING else default,
        default is MISSING,
        str(field.metadata.get("doc", "")),
    )


def _bad(strategy: type[Strategy], text: str, reason: str = "BAD_STRATEGY") -> InvalidRequest:
    return invalid("strategy", f"{strategy.__name__} {text}", reason=reason)


def _sentence(violations: Mapping[str, str]) -> str:
    return "; ".join(f"{field}: {text}" for field, text in violations.items())


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _int(text: str) -> int:
    if len(text) > 19:
        raise ValueError(text)
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if number - number != 0.0:  # not a number, or infinite
        raise ValueError(text)
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_TYPE_NAMES: dict[object, str] = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    Decimal: "Decimal",
    tuple[str, ...]: "tuple[str, ...]",
}
_PARSERS: dict[str, Callable[[str], Value]] = {
    "str": str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "Decimal": lambda text: parse_decimal(text, "parameters"),
    "tuple[str, ...]": _names,
}
