"""The one signature algorithm that is spoken here, and what every token must say."""

from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.registry import Header

ALGORITHM = "EdDSA"  # over Ed25519; the name that Envoy knows
TYPE = "at+jwt"  # RFC 9068: an access token, nothing else
ISSUER = "https://trademesh.local"
AUDIENCE = "trademesh"
HEADER_FIELDS = frozenset({"alg", "typ", "kid"})


class OnlyEdDSA(JWSRegistry):
    """Knows one algorithm and no header that names, carries or fetches a key."""

    def get_alg(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 (its type is private)
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"{name} is not allowed")
        return self.algorithms[ALGORITHM]

    def check_header(self, header: Header) -> None:
        if header.keys() - HEADER_FIELDS:
            raise UnsupportedAlgorithmError("a header field is not allowed")
        super().check_header(header)


REGISTRY = OnlyEdDSA(algorithms=[ALGORITHM])
