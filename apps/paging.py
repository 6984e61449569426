"""Pages and cursors: opaque tokens that hold a place, bound to the question they came from."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from domain.errors import InvalidRequest, invalid

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000

T = TypeVar("T")


class Places:
    """Makes and reads tokens. `secret` keeps them from being made up or moved to another query."""

    def __init__(self, secret: bytes) -> None:
        self._sealing = hmac.new(secret, digestmod=hashlib.sha256)

    def token(self, query: Sequence[object], place: str | int) -> str:
        """A token for `place` in the answer to `query`."""
        body = msgspec.msgpack.encode(place)
        return base64.urlsafe_b64encode(self._seal(query, body) + body).decode().rstrip("=")

    def place(self, field: str, query: Sequence[object], token: str) -> str | int | None:
        """The place in a token, or None for the empty token.

        Raises `InvalidRequest` PAGE_TOKEN_INVALID or CURSOR_INVALID, naming `field`, when the token
        is damaged or belongs to another query.
        """
        if not token:
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            seal, body = raw[:16], raw[16:]
            if hmac.compare_digest(seal, self._seal(query, body)):
                return msgspec.msgpack.decode(body, type=str | int)
        except (ValueError, msgspec.DecodeError):
            pass
        raise _misplaced(field)

    def _seal(self, query: Sequence[object], body: bytes) -> bytes:
        question = msgspec.msgpack.encode([str(part) for part in query])
        sealing = self._sealing.copy()  # to begin anew with the secret takes four times as long
        sealing.update(question + b"\0" + body)
        return sealing.digest()[:16]


def page_size(asked: int) -> int:
    """50 where nothing was asked, 1000 at most. Raises `InvalidRequest` when negative."""
    if asked < 0:
        raise invalid("page_size", "must not be negative", reason="PAGE_SIZE_NEGATIVE")
    return min(asked or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def cut(
    items: Sequence[T], size: int, place_of: Callable[[T], str | int]
) -> tuple[Sequence[T], str | int | None]:
    """A page of `size` and the place of its last item, from up to size + 1 items.

    The place is None when no item is left over: it was the last page.
    """
    if len(items) <= size:
        return items, None
    page = items[:size]
    return page, place_of(page[-1])


def _misplaced(field: str) -> InvalidRequest:
    reason = "CURSOR_INVALID" if field == "cursor" else "PAGE_TOKEN_INVALID"
    return invalid(field, "is not a token of this query", reason=reason)
