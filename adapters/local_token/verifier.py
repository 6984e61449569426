"""Checks local tokens: signature, every claim, and that not one byte was changed."""

import base64
import hashlib
import math
from collections.abc import Callable

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from adapters.local_token.algorithm import AUDIENCE, ISSUER, REGISTRY, TYPE
from domain.errors import Unauthenticated
from ports.token_verifier import Claims, TokenVerifier

CLOCK_SKEW_SECONDS = 5  # a token from the future, as seen by a clock that runs a little behind
LONGEST_TOKEN = 4096
REMEMBERED_TOKENS = 1024


class LocalTokenVerifier(TokenVerifier):
    """Trusts one key. Good tokens are remembered by their hash until they expire."""

    def __init__(self, key: OKPKey, now: Callable[[], float]) -> None:
        self._key = key
        self._now = now
        self._good: dict[bytes, Claims] = {}

    def verify(self, token: str) -> Claims:
        fingerprint = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        claims = self._good.get(fingerprint)
        if claims is None:
            claims = self._check(token)
            self._remember(fingerprint, claims)
        if claims.expire_time <= self._now():
            self._good.pop(fingerprint, None)
            raise Unauthenticated("The token has expired.", reason="TOKEN_EXPIRED")
        return claims

    def _check(self, token: str) -> Claims:
        try:
            if len(token) > LONGEST_TOKEN or not _is_canonical(token):
                raise _bad_token()
            read = jwt.decode(token, self._key, registry=REGISTRY)
            if read.header.get("typ") != TYPE or read.header.get("kid") != self._key.kid:
                raise _bad_token()
            return self._claims(read.claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _bad_token() from error

    def _claims(self, claims: dict[str, object]) -> Claims:
        if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE or not _text(claims["jti"]):
            raise _bad_token()
        latest = self._now() + CLOCK_SKEW_SECONDS
        if _seconds(claims["iat"]) > latest or _seconds(claims.get("nbf", 0)) > latest:
            raise _bad_token()
        return Claims(
            tenant=_text(claims["tenant"]),
            principal=_text(claims["sub"]),
            scopes=frozenset(_text(claims["scope"]).split()),
            expire_time=_seconds(claims["exp"]),
        )

    def _remember(self, fingerprint: bytes, claims: Claims) -> None:
        while len(self._good) >= REMEMBERED_TOKENS:
            del self._good[next(iter(self._good))]
        self._good[fingerprint] = claims


def _bad_token() -> Unauthenticated:
    # One text for every fault: it tells a forger nothing.
    return Unauthenticated("The token is not valid.", reason="TOKEN_INVALID")


def _is_canonical(token: str) -> bool:
    """Base64 has spare bits at the end; a token that uses them is not the one that was signed."""
    parts = token.split(".")
    return len(parts) == 3 and all(_encoded(_decoded(part)) == part for part in parts)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _bad_token()
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad_token()
    return float(value)
