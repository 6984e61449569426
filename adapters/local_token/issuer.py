"""Writes the token that a local client shows."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OKPKey

from adapters.local_token.algorithm import ALGORITHM, AUDIENCE, ISSUER, REGISTRY, TYPE
from adapters.private_files import write_private

LIFE_SECONDS = 30 * 24 * 3600


class LocalTokenIssuer:
    """Signs tokens for the one local tenant. `now` gives seconds since 1970."""

    def __init__(self, key: OKPKey, now: Callable[[], float]) -> None:
        self._key = key
        self._now = now

    def issue(
        self, tenant: str, principal: str, scopes: Iterable[str], life_seconds: int = LIFE_SECONDS
    ) -> str:
        issued = int(self._now())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal,
            "tenant": tenant,
            "scope": " ".join(sorted(scopes)),
            "iat": issued,
            "exp": issued + life_seconds,
            "jti": secrets.token_urlsafe(16),
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, registry=REGISTRY)


def write_token(path: Path, token: str) -> None:
    """Keep the token where local clients find it, readable by its owner only."""
    write_private(path, f"{token}\n".encode())
