"""What a good message becomes when a cable is bad, or somebody is."""

import random
from collections.abc import Callable

LONE_SURROGATE = b"\xed\xa0\x80"  # no text: half of a character of another encoding
DEEP = 2_000
LENGTH = 2  # the wire type of what has a length


def garbled(content: bytes, dice: random.Random) -> bytes:
    """Cut, changed, doubled or wrapped: often no message at all, sometimes a good one."""
    return dice.choice(WAYS)(content, dice)


def cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def flipped(content: bytes, dice: random.Random) -> bytes:
    """A few bits are others."""
    changed = bytearray(content or b"\0")
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def doubled(content: bytes, dice: random.Random) -> bytes:
    """Every field comes twice, the last one counts; messages are merged."""
    return content + content


def with_other_wire_types(content: bytes, dice: random.Random) -> bytes:
    """A field that comes as another type than it has."""
    number = dice.randint(1, 20)
    values = {0: varint(2**64 - 1), 1: bytes(8), 3: b"", 4: b"", 5: bytes(4), 6: b"", 7: b""}
    kind, value = dice.choice(list(values.items()))
    return content + varint(number << 3 | kind) + value


def with_unknown_fields(content: bytes, dice: random.Random) -> bytes:
    number = dice.choice((19_000, 2**29 - 1, 5_000))
    return content + varint(number << 3 | LENGTH) + varint(3) + b"abc"


def deep(content: bytes, dice: random.Random) -> bytes:
    """Groups in groups in groups, of a field that nobody knows."""
    number = dice.choice((1, 777))
    return content + varint(number << 3 | 3) * DEEP + varint(number << 3 | 4) * DEEP


def nested(content: bytes, dice: random.Random) -> bytes:
    """A message inside itself, again and again, under some field."""
    number = dice.randint(1, 20)
    for _ in range(dice.choice((1, 10, 150))):
        content = varint(number << 3 | LENGTH) + varint(len(content)) + content
    return content


def with_a_broken_text(content: bytes, dice: random.Random) -> bytes:
    bad = dice.choice((LONE_SURROGATE, b"\xff\xfe", b"\xc0\x80", b"a\xc3"))
    return content + varint(dice.randint(1, 8) << 3 | LENGTH) + varint(len(bad)) + bad


def with_a_false_length(content: bytes, dice: random.Random) -> bytes:
    claimed = dice.choice((2**31, 2**63, 2**64 - 1, 100))
    return content + varint(dice.randint(1, 8) << 3 | LENGTH) + varint(claimed) + b"short"


def with_an_endless_number(content: bytes, dice: random.Random) -> bytes:
    return content + varint(dice.randint(1, 20) << 3) + b"\xff" * dice.choice((9, 10, 11, 40))


def noise(content: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice((1, 2, 50, 3_000)))


def varint(number: int) -> bytes:
    """As protobuf writes a number."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut,
    flipped,
    doubled,
    with_other_wire_types,
    with_unknown_fields,
    deep,
    nested,
    with_a_broken_text,
    with_a_false_length,
    with_an_endless_number,
    noise,
)
