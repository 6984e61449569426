"""The names that orders go by outside: the same decision always has the same one.

A name carries no host, time or attempt, so whoever decides or sends the same thing twice names
the same order, and a broker that knows the name takes it once.
"""

import base64
import hashlib
import re

VERSION = "1"
MARK = "Q"
LENGTH = 27
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}


def client_decision(request_id: str) -> str:
    """The key of a decision that a client made by calling us."""
    return f"api|{request_id}"


def run_decision(run_id: str, request: int) -> str:
    """The key of the wish number `request` of a strategy run."""
    return f"str|{run_id}|{request}"


def order_id_of(tenant: str, account_id: str, decision_key: str, generation: int = 1) -> str:
    """27 characters of `[A-Z2-7]`, the first a Q, the last a check over the others.

    It goes to the broker as the client order id. `generation` rises only when an order that the
    broker never had is issued anew, on purpose.
    """
    named = "|".join((VERSION, tenant, account_id, decision_key, str(generation)))
    digest = hashlib.sha256(named.encode()).digest()
    body = MARK + base64.b32encode(digest).decode()[: LENGTH - 2]
    return body + _check(body)


def is_ours(text: str) -> bool:
    """Whether a name found at a broker was made here: an orphan of ours, no order made by hand."""
    return (
        len(text) == LENGTH
        and text.startswith(MARK)
        and all(letter in _VALUE for letter in text)
        and _check(text[:-1]) == text[-1]
    )


def name_of(order_id: str, broker_order_id: str) -> str:
    """What an order found at a broker goes by here: its client id, if it has one that we can keep.

    Else a name that follows from the broker's own, such as `EXT-…`, and is always the same.
    """
    if _PLAIN.fullmatch(order_id):
        return order_id
    digest = hashlib.sha256(f"{order_id}|{broker_order_id}".encode()).digest()
    return "EXT-" + base64.b32encode(digest).decode()[:LENGTH]


def _check(body: str) -> str:
    """Luhn's check in base 32: finds every single wrong character and nearly every swap."""
    total = 0
    for place, letter in enumerate(reversed(body)):
        value = _VALUE[letter] * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return _ALPHABET[-total % 32]
