"""The protovalidate rules of a field as JSON Schema: what a client can check, said to the client.

Where JSON Schema has no word for a rule, such as the bounds of a 64-bit number in a string, it is
left to the service, which checks them all.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor as Kinds

from gateway.openapi.image import Field

Schema: TypeAlias = dict[str, Any]
Rules: TypeAlias = Any  # a buf.validate.FieldRules of the image's own kind

IGNORE_IF_ZERO_VALUE, IGNORE_ALWAYS = 1, 3
SMALL_NUMBERS = ("int32", "sint32", "sfixed32", "uint32", "fixed32", "double", "float")
BOUNDS = {"gte": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "lt": "exclusiveMaximum"}


def is_required(rules: Rules | None) -> bool:
    return rules is not None and bool(rules.required)


def apply_rules(schema: Schema, field: Field, rules: Rules | None) -> Schema:
    """The schema, narrowed to what the rules allow."""
    if rules is None or rules.ignore == IGNORE_ALWAYS:
        return schema
    which = rules.WhichOneof("type")
    narrower = TRANSLATED.get(which)
    narrowed = narrower(getattr(rules, which)) if narrower else {}
    if not narrowed:
        return schema
    if field.repeated:
        return _merge(schema, narrowed)
    return _merge(schema, _or_unset(narrowed, field, rules))


def _or_unset(narrowed: Schema, field: Field, rules: Rules) -> Schema:
    """Nothing passes as well where the rules hold only for what is set."""
    if rules.ignore != IGNORE_IF_ZERO_VALUE or field.has_presence or _takes_nothing(narrowed):
        return narrowed
    zero: Any = "" if field.kind in (Kinds.TYPE_STRING, Kinds.TYPE_BYTES) else 0
    if set(narrowed) == {"enum"}:
        return {"enum": [*narrowed["enum"], zero]}
    return {"anyOf": [narrowed, {"const": zero}]}


def _takes_nothing(narrowed: Schema) -> bool:
    """Whether an empty text fits already."""
    if set(narrowed) - {"maxLength", "pattern"}:
        return False
    return re.search(narrowed.get("pattern", ""), "") is not None


def _text(rules: Rules) -> Schema:
    schema: Schema = {}
    for ours, theirs in (("min_len", "minLength"), ("max_len", "maxLength")):
        if rules.HasField(ours):
            schema[theirs] = int(getattr(rules, ours))
    if rules.HasField("len"):
        schema["minLength"] = schema["maxLength"] = int(rules.len)
    if rules.HasField("max_bytes"):  # no text has more characters than bytes
        schema.setdefault("maxLength", int(rules.max_bytes))
    if rules.HasField("pattern"):
        schema["pattern"] = rules.pattern
    return schema | _format(rules) | _choice(rules)


def _format(rules: Rules) -> Schema:
    known = {"uuid": "uuid", "email": "email", "hostname": "hostname", "uri": "uri"}
    which = rules.WhichOneof("well_known")
    return {"format": known[which]} if which in known else {}


def _bytes(rules: Rules) -> Schema:
    """Limits of the bytes, as the length of their base64."""
    return {"maxLength": -(-int(rules.max_len) // 3) * 4} if rules.HasField("max_len") else {}


def _number(rules: Rules) -> Schema:
    bounds = {BOUNDS[one]: getattr(rules, one) for one in BOUNDS if rules.HasField(one)}
    return bounds | _choice(rules)


def _long_number(rules: Rules) -> Schema:
    """Not below zero is a pattern; other bounds of a number in a text have no word."""
    lowest = [getattr(rules, bound) for bound in ("gte", "gt") if rules.HasField(bound)]
    return {"pattern": "^[0-9]+$"} if lowest and max(lowest) >= 0 else {}


def _choice(rules: Rules) -> Schema:
    schema: Schema = {}
    if rules.HasField("const"):
        schema["const"] = rules.const
    if allowed := list(getattr(rules, "in")):
        schema["enum"] = allowed
    if refused := list(rules.not_in):
        schema["not"] = {"enum": refused}
    return schema


def _repeated(rules: Rules) -> Schema:
    schema: Schema = {}
    if rules.HasField("min_items"):
        schema["minItems"] = int(rules.min_items)
    if rules.HasField("max_items"):
        schema["maxItems"] = int(rules.max_items)
    if rules.unique:
        schema["uniqueItems"] = True
    if rules.HasField("items") and (items := _inner(rules.items)):
        schema["items"] = items
    return schema


def _map(rules: Rules) -> Schema:
    schema: Schema = {}
    if rules.HasField("min_pairs"):
        schema["minProperties"] = int(rules.min_pairs)
    if rules.HasField("max_pairs"):
        schema["maxProperties"] = int(rules.max_pairs)
    if rules.HasField("keys") and (keys := _inner(rules.keys)):
        schema["propertyNames"] = keys
    if rules.HasField("values") and (values := _inner(rules.values)):
        schema["additionalProperties"] = values
    return schema


def _inner(rules: Rules) -> Schema:
    which = rules.WhichOneof("type")
    return TRANSLATED[which](getattr(rules, which)) if which in TRANSLATED else {}


def _merge(schema: Schema, narrowed: Schema) -> Schema:
    """Parts of parts are narrowed too: `items`, `additionalProperties`."""
    merged = dict(schema)
    for key, value in narrowed.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _merge(inner, value) if both else value  # type: ignore[arg-type]
    return merged


TRANSLATED: dict[str, Callable[[Rules], Schema]] = {
    "string": _text,
    "bytes": _bytes,
    "repeated": _repeated,
    "map": _map,
    **dict.fromkeys(SMALL_NUMBERS, _number),
    **dict.fromkeys(("int64", "sint64", "sfixed64", "uint64", "fixed64"), _long_number),
}
