"""Whole requests of four kinds, the same ones for the same seed.

*good* keep every rule of their proto; *spoilt* are good but for one field; *hostile* have anything
in any field; *bytes* are what a good one becomes when a cable is bad or somebody is.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.api import field_behavior_pb2
from google.protobuf.message import Message

from tests.fuzz.garble import garbled
from tests.fuzz.hostile import fill
from tests.fuzz.values import CSV, KINDS, Field, Known, bad_values, good_number, good_text, rules_of

OPTIONAL_IS_SET = 0.6
FAR_TIMES = (-9223372037, 9223372037, 2**63 - 1, -(2**63), 253_402_300_800)
GOOD_TIMES = (951_868_800, 1_337_299_200, 1_362_096_000, 0, -1, -9223372036, 9223372036)
Place: TypeAlias = "tuple[Message, Field, str]"
"""A message inside a request, one of its fields, and the name of that from the outside."""


@dataclass(frozen=True)
class Case:
    """`field` is the one that was spoilt."""

    kind: str
    content: bytes
    field: str = ""


class Maker:
    """Makes cases for one kind of request. `fixed` are fields that a good request always has so."""

    def __init__(self, message: type[Message], known: Known, seed: str, **fixed: Any) -> None:
        self._message = message
        self._known = known
        self._fixed = fixed
        self._dice = random.Random(seed)

    def cases(self, count: int) -> Iterator[Case]:
        """As many of each kind, in turns."""
        makers = (self.good, self.spoilt, self.hostile, self.bytes)
        for number in range(count):
            yield makers[number % len(makers)]()

    def good(self) -> Case:
        return Case("good", self._good().SerializeToString())

    def spoilt(self) -> Case:
        """One rule broken; a message without rules is good."""
        message = self._good(full=True)
        places = [place for place in _places(message) if _has_rules(place[1])]
        self._dice.shuffle(places)
        for holder, field, name in places:
            if spoil(holder, field, self._dice):
                return Case("spoilt", message.SerializeToString(), name)
        return Case("good", message.SerializeToString())

    def hostile(self) -> Case:
        message = fill(self._message(), self._dice.random() ** 2, self._known, self._dice)
        return Case("hostile", message.SerializeToString())

    def bytes(self) -> Case:
        return Case("bytes", garbled(self._good().SerializeToString(), self._dice))

    def _good(self, *, full: bool = False) -> Message:
        """With `full` every field is set, and each id is one that is there."""
        message = self._fill(self._message(), full)
        for name, value in self._fixed.items():
            if name in message.DESCRIPTOR.fields_by_name:
                setattr(message, name, value)
        return message

    def _fill(self, message: Message, full: bool) -> Message:
        for field in _chosen(message, self._dice):
            required = rules_of(field).required or field.name == "session_count" or is_choice(field)
            if required or full or self._dice.random() < OPTIONAL_IS_SET:
                self._set(message, field, full)
        return message

    def _set(self, message: Message, field: Field, full: bool) -> None:
        if field.is_repeated:
            keys = ("fast", "slow", "nobody", "time", "close")
            for key in self._dice.sample(keys, self._dice.randint(1, 3)):
                getattr(message, field.name)[key] = self._known(key, self._dice) or "3"
        elif field.message_type is None:
            setattr(message, field.name, self._value(field, full))
        elif field.message_type.full_name == "google.protobuf.Timestamp":
            getattr(message, field.name).seconds = self._dice.choice(GOOD_TIMES)
        else:
            getattr(message, field.name).SetInParent()
            self._fill(getattr(message, field.name), full)

    def _value(self, field: Field, full: bool) -> Any:
        if field.type == KINDS.TYPE_BYTES:
            return self._dice.choice((CSV, b"", self._dice.randbytes(100)))
        if field.type == KINDS.TYPE_BOOL:
            return self._dice.random() < 0.5
        if field.type == KINDS.TYPE_ENUM:
            least = 1 if rules_of(field).required else 0
            return self._dice.choice([one.number for one in field.enum_type.values][least:])
        if field.cpp_type == KINDS.CPPTYPE_STRING:
            return good_text(field, self._known, self._dice, only_known=full)
        return good_number(field, self._dice)


def spoil(holder: Message, field: Field, dice: random.Random) -> bool:
    """Breaks one rule of a field that is good. False where there is nothing to break."""
    if field.is_repeated:
        return _spoil_map(getattr(holder, field.name), field, dice)
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            getattr(holder, field.name).seconds = dice.choice(FAR_TIMES)
            return True
        if rules_of(field).required:
            holder.ClearField(field.name)
        return rules_of(field).required
    bad = list(bad_values(field, getattr(holder, field.name), dice))
    if bad:
        setattr(holder, field.name, dice.choice(bad))
    return bool(bad)


def _spoil_map(values: Any, field: Field, dice: random.Random) -> bool:
    rules = rules_of(field).map
    match dice.randrange(3):
        case 0:
            values["k" * (rules.keys.string.max_len + 1)] = "1"
        case 1:
            values["fast"] = "1" * (rules.values.string.max_len + 1)
        case _:
            for number in range(rules.max_pairs + 1):
                values[str(number)] = "1"
    return True


def _places(message: Message, inside: str = "") -> Iterator[Place]:
    """Every field that is set, those of messages inside too."""
    for field, value in message.ListFields():
        yield message, field, f"{inside}{field.name}"
        if field.message_type is None or field.is_repeated:
            continue
        if field.message_type.file.package.startswith("trademesh"):
            yield from _places(value, f"{inside}{field.name}.")


def _has_rules(field: Field) -> bool:
    return bool(rules_of(field).ByteSize())


def _chosen(message: Message, dice: random.Random) -> Iterator[Field]:
    """The fields that a client may set; of those that exclude each other, one."""
    taken = {
        field.containing_oneof.name: dice.choice(field.containing_oneof.fields).name
        for field in message.DESCRIPTOR.fields
        if is_choice(field)
    }
    for field in message.DESCRIPTOR.fields:
        if _is_output(field):
            continue
        if not is_choice(field) or taken[field.containing_oneof.name] == field.name:
            yield field


def is_choice(field: Field) -> bool:
    """One of several that exclude each other, not an optional field alone."""
    return field.containing_oneof is not None and len(field.containing_oneof.fields) > 1


_outputs: dict[str, bool] = {}


def _is_output(field: Field) -> bool:
    if field.full_name not in _outputs:
        behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        _outputs[field.full_name] = field_behavior_pb2.OUTPUT_ONLY in behaviors
    return _outputs[field.full_name]
