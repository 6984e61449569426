"""Messages and enums as JSON Schema, as our Envoy reads and writes them.

It writes every field that has no presence, so what only answers carry is required there. 64-bit
integers are strings, bytes are base64, times and spans are text.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor as Kinds

from gateway.openapi.comments import examples, prose
from gateway.openapi.image import Enum, Field, Image, Message
from gateway.openapi.rules import Rules, apply_rules, is_required

Schema: TypeAlias = dict[str, Any]

OPTIONAL, REQUIRED, OUTPUT_ONLY, INPUT_ONLY = 1, 2, 3, 4  # google.api.FieldBehavior
UUID4 = 1  # google.api.FieldInfo.Format
INT32: Schema = {"type": "integer", "format": "int32"}
UINT32: Schema = {"type": "integer", "format": "int64", "minimum": 0}
LONG: Schema = {"type": "string", "examples": ["1"]}
INT64: Schema = LONG | {"format": "int64", "pattern": "^-?[0-9]+$"}
UINT64: Schema = LONG | {"format": "uint64", "pattern": "^[0-9]+$"}
SCALARS: dict[int, Schema] = {
    Kinds.TYPE_STRING: {"type": "string"},
    Kinds.TYPE_BYTES: {
        "type": "string",
        "format": "byte",
        "contentEncoding": "base64",
        "examples": ["dGltZSxjbG9zZQ=="],
    },
    Kinds.TYPE_BOOL: {"type": "boolean"},
    Kinds.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Kinds.TYPE_FLOAT: {"type": "number", "format": "float"},
    **dict.fromkeys((Kinds.TYPE_INT32, Kinds.TYPE_SINT32, Kinds.TYPE_SFIXED32), INT32),
    **dict.fromkeys((Kinds.TYPE_UINT32, Kinds.TYPE_FIXED32), UINT32),
    **dict.fromkeys((Kinds.TYPE_INT64, Kinds.TYPE_SINT64, Kinds.TYPE_SFIXED64), INT64),
    **dict.fromkeys((Kinds.TYPE_UINT64, Kinds.TYPE_FIXED64), UINT64),
}
WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {
        "type": "string",
        "format": "date-time",
        "examples": ["2012-05-18T13:30:00Z"],
    },
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "examples": ["3.5s"],
    },
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Empty": {"type": "object"},
}


class Schemas:
    """Collects the components that others refer to. `asked` are the messages of requests."""

    def __init__(self, image: Image, asked: Iterable[str]) -> None:
        self._image = image
        self._asked = _reachable(image, asked)
        self._field_names = {field.name for one in image.messages.values() for field in one.fields}
        self._names: dict[str, str] = {}
        self.components: dict[str, Schema] = {}

    def reference(self, type_name: str, *, without: frozenset[str] = frozenset()) -> Schema:
        """A reference to a message or enum; `without` fields that the path carries."""
        name = _component_name(type_name)
        if self._names.setdefault(name, type_name) != type_name:
            raise ValueError(f"{type_name} and {self._names[name]} would share a name")
        if name not in self.components:
            self.components[name] = {}  # first of all: messages may hold each other
            message = self._image.messages.get(type_name)
            self.components[name] = (
                self._message(message, without)
                if message
                else self._enum(self._image.enums[type_name])
            )
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, field: Field) -> Schema:
        """With its description, its rules and the examples of its comment."""
        schema = self._shape(field)
        behaviors = self.behaviors(field)
        rules: Rules | None = self._image.extension(field.options, "buf.validate.field")
        if self._is_uuid(field):
            schema = schema | {"format": "uuid"}
        if REQUIRED in behaviors or is_required(rules):
            schema = schema | self._not_empty(field)
        schema = apply_rules(schema, field, rules)
        if text := prose(field.comment):
            schema = schema | {"description": text}
        if OUTPUT_ONLY in behaviors:
            schema = schema | {"readOnly": True}
        return schema | self._examples(field, schema)

    def _not_empty(self, field: Field) -> Schema:
        """What is required must differ from what an unset field reads as."""
        if field.repeated:
            entry = self._image.messages.get(field.type_name)
            return {"minProperties" if entry and entry.is_map_entry else "minItems": 1}
        if field.kind == Kinds.TYPE_STRING:
            return {"minLength": 1}
        if field.kind == Kinds.TYPE_ENUM and not field.has_presence:
            return {"not": {"const": self._image.enums[field.type_name].values[0][0]}}
        return {}

    def behaviors(self, field: Field) -> list[int]:
        return self._image.extension(field.options, "google.api.field_behavior") or []

    def _message(self, message: Message, without: frozenset[str]) -> Schema:
        shown = [field for field in message.fields if field.name not in without]
        schema: Schema = {"type": "object", "properties": {f.name: self.field(f) for f in shown}}
        if text := prose(message.comment):
            schema["description"] = text
        if required := [field.name for field in shown if self._is_required(message, field)]:
            schema["required"] = required
        if groups := self._groups(message, shown):
            schema["allOf"] = groups
        return schema

    def _groups(self, message: Message, fields: list[Field]) -> list[Schema]:
        """Of each group at most one member may be set; of some, one must be."""
        groups: dict[str, list[str]] = {}
        for field in fields:
            if field.oneof:
                groups.setdefault(field.oneof, []).append(field.name)
        found: list[Schema] = []
        for name, members in groups.items():
            rule = self._image.extension(message.oneofs[name], "buf.validate.oneof")
            one = [{"required": [member]} for member in members]
            nothing = [] if rule and rule.required else [{"not": {"anyOf": one}}]
            found.append({"oneOf": one + nothing})
        return found

    def _is_required(self, message: Message, field: Field) -> bool:
        if message.name in self._asked:
            rules = self._image.extension(field.options, "buf.validate.field")
            return REQUIRED in self.behaviors(field) or is_required(rules)
        return not field.has_presence

    def _enum(self, enum: Enum) -> Schema:
        """What comes first is what a form offers: the value that says nothing goes last."""
        names = [name for name, _ in enum.values]
        told = [f"- `{name}`: {prose(comment)}" for name, comment in enum.values if comment]
        text = "\n".join([prose(enum.comment), "", *told]).strip()
        return {"type": "string", "enum": [*names[1:], names[0]], "description": text}

    def _shape(self, field: Field) -> Schema:
        entry = self._image.messages.get(field.type_name)
        if entry and entry.is_map_entry:
            return {"type": "object", "additionalProperties": self._one(entry.fields[1])}
        one = self._one(field)
        return {"type": "array", "items": one} if field.repeated else one

    def _one(self, field: Field) -> Schema:
        if field.kind in SCALARS:
            return SCALARS[field.kind]
        return WELL_KNOWN.get(field.type_name) or self.reference(field.type_name)

    def _is_uuid(self, field: Field) -> bool:
        info = self._image.extension(field.options, "google.api.field_info")
        return info is not None and info.format == UUID4

    def _examples(self, field: Field, schema: Schema) -> Schema:
        if field.kind != Kinds.TYPE_STRING or field.repeated or "format" in schema:
            return {}
        pattern = re.compile(schema.get("pattern", ""))
        shown = [
            text
            for text in examples(field.comment)
            if text not in self._field_names and pattern.search(text)
        ]
        return {"examples": shown} if shown else {}


def _component_name(type_name: str) -> str:
    """`trademesh.orders.v1.Order.State` is `OrderState`: the part behind the version."""
    parts = type_name.split(".")
    return "".join(part for part in parts if part[:1].isupper())


def _reachable(image: Image, names: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in image.messages and name not in found:
            found.add(name)
            waiting += [field.type_name for field in image.messages[name].fields]
    return frozenset(found)
