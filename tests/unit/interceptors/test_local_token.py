"""Only the token that we wrote, whole and in its time, speaks for anybody."""

import base64
import hmac
import json
import random
import stat
import string
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from adapters.local_token.algorithm import REGISTRY
from adapters.local_token.issuer import LocalTokenIssuer, write_token
from adapters.local_token.keys import KEY_FILE, jwks, load_or_create_key
from adapters.local_token.verifier import REMEMBERED_TOKENS, LocalTokenVerifier
from domain.errors import NotAllowedNow, Unauthenticated

NOW = 1_790_000_000
KEY = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, auto_kid=True)
OTHER = OKPKey.generate_key("Ed25519", auto_kid=True)
HEADER = {"alg": "EdDSA", "typ": "at+jwt", "kid": KEY.kid}
CLAIMS = {
    "iss": "https://trademesh.local",
    "aud": "trademesh",
    "sub": "me",
    "tenant": "local",
    "scope": "orders.read orders.write",
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "one",
}


def verifier(now: float = NOW) -> LocalTokenVerifier:
    return LocalTokenVerifier(KEY, lambda: now)


def signed(header=None, claims=None, key=KEY) -> str:
    return jwt.encode({**HEADER, **(header or {})}, {**CLAIMS, **(claims or {})}, key, registry=ANY)


class Anything(type(REGISTRY)):
    """Signs what a forger would sign."""

    def get_alg(self, name):
        return self.algorithms[name]

    def check_header(self, header):
        pass


ANY = Anything(strict_check_header=False)


def unsigned(header: dict, claims: dict, signature: str = "") -> str:
    return f"{encoded(header)}.{encoded(claims)}.{signature}"


def encoded(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def without(name: str) -> str:
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    return jwt.encode(HEADER, claims, KEY, registry=REGISTRY)


def test_a_good_token_tells_tenant_principal_and_scopes() -> None:
    claims = verifier().verify(signed())
    assert (claims.tenant, claims.principal) == ("local", "me")
    assert claims.scopes == {"orders.read", "orders.write"}
    assert claims.expire_time == NOW + 60


def test_what_the_issuer_writes_the_verifier_takes() -> None:
    token = LocalTokenIssuer(KEY, lambda: NOW).issue("local", "me", ["b", "a"])
    claims = verifier(NOW + 29 * 24 * 3600).verify(token)
    assert claims.scopes == {"a", "b"}
    assert claims.expire_time == NOW + 30 * 24 * 3600


FORGED = {
    "nothing": "",
    "no dots": "abc",
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "not base64": "a.b.c!",
    "not ascii": "ä.ö.ü",
    "very long": "a" * 10_000,
    "alg none": unsigned({**HEADER, "alg": "none"}, CLAIMS),
    "alg none in capitals": unsigned({**HEADER, "alg": "NONE"}, CLAIMS),
    "alg missing": unsigned({"typ": "at+jwt", "kid": KEY.kid}, CLAIMS),
    "alg a number": unsigned({**HEADER, "alg": 1}, CLAIMS),
    "another key": signed(key=OTHER),
    "RS256": signed({"alg": "RS256"}, key=RSAKey.generate_key(2048)),
    "ES256": signed({"alg": "ES256"}, key=ECKey.generate_key("P-256")),
    "unknown kid": signed({"kid": "another"}),
    "kid a path": signed({"kid": "../../keys/other"}),
    "kid a query": signed({"kid": "x' OR '1'='1"}),
    "kid missing": jwt.encode({"alg": "EdDSA", "typ": "at+jwt"}, CLAIMS, KEY, registry=REGISTRY),
    "jku": signed({"jku": "https://evil.example/jwks.json"}),
    "jwk": signed({"jwk": OTHER.as_dict(private=False)}, key=OTHER),
    "x5u": signed({"x5u": "https://evil.example/cert.pem"}),
    "crit": signed({"crit": ["exp"]}),
    "an id token": signed({"typ": "JWT"}),
    "a refresh token": signed({"typ": "rt+jwt"}),
    "wrong issuer": signed(claims={"iss": "https://evil.example"}),
    "wrong audience": signed(claims={"aud": "somebody"}),
    "audiences": signed(claims={"aud": ["trademesh", "somebody"]}),
    "issued tomorrow": signed(claims={"iat": NOW + 86_400}),
    "not yet valid": signed(claims={"nbf": NOW + 86_400}),
    "exp a text": signed(claims={"exp": "never"}),
    "exp a truth": signed(claims={"exp": True}),
    "exp infinite": signed(claims={"exp": float("inf")}),
    "tenant a number": signed(claims={"tenant": 7}),
    "tenant empty": signed(claims={"tenant": ""}),
    "scope a list": signed(claims={"scope": ["orders.read"]}),
    **{f"without {name}": without(name) for name in CLAIMS},
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verifier().verify(token)
    assert refused.value.reason == "TOKEN_INVALID"
    assert refused.value.facts == {}


PUBLIC = KEY.as_dict(private=False)["x"]


@pytest.mark.parametrize(
    "secret",
    [PUBLIC.encode(), base64.urlsafe_b64decode(PUBLIC + "="), KEY.as_pem(private=False)],
    ids=["text", "bytes", "PEM"],
)
def test_the_public_key_as_a_shared_secret_is_refused(secret: bytes) -> None:
    content = f"{encoded({**HEADER, 'alg': 'HS256'})}.{encoded(CLAIMS)}"
    signed_with_it = hmac.digest(secret, content.encode(), "sha256")
    forged = f"{content}.{base64.urlsafe_b64encode(signed_with_it).rstrip(b'=').decode()}"
    with pytest.raises(Unauthenticated, match="not valid"):
        verifier().verify(forged)


def test_an_expired_token_is_refused_even_when_it_was_good_before() -> None:
    now = NOW
    checks = LocalTokenVerifier(KEY, lambda: now)
    token = signed()
    checks.verify(token)
    now = NOW + 60
    with pytest.raises(Unauthenticated) as refused:
        checks.verify(token)
    assert refused.value.reason == "TOKEN_EXPIRED"


def test_a_clock_a_little_ahead_is_forgiven() -> None:
    verifier(NOW - 4).verify(signed())
    with pytest.raises(Unauthenticated):
        verifier(NOW - 6).verify(signed())


def test_no_changed_byte_is_overlooked() -> None:
    token = signed()
    draw = random.Random(7)
    checks = verifier()
    checks.verify(token)
    alphabet = string.ascii_letters + string.digits + "-_.="
    reasons = set()
    for _ in range(3000):
        at = draw.randrange(len(token))
        changed = token[:at] + draw.choice(alphabet) + token[at + draw.choice((0, 1)) :]
        if changed == token:
            continue
        with pytest.raises(Unauthenticated) as refused:
            checks.verify(changed)
        reasons.add(refused.value.reason)
    assert reasons == {"TOKEN_INVALID"}


def test_the_spare_bits_of_base64_cannot_be_used() -> None:
    token = signed()
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    assert base64.urlsafe_b64decode(signature(twin)) == base64.urlsafe_b64decode(signature(token))
    with pytest.raises(Unauthenticated):
        verifier().verify(twin)


def signature(token: str) -> str:
    return token.rpartition(".")[2] + "=="


def test_remembered_tokens_are_bounded() -> None:
    checks = LocalTokenVerifier(KEY, lambda: NOW)
    issuer = LocalTokenIssuer(KEY, lambda: NOW)
    for _ in range(REMEMBERED_TOKENS + 10):
        checks.verify(issuer.issue("local", "me", ["a"]))
    assert len(checks._good) == REMEMBERED_TOKENS


def test_the_key_is_made_once_and_closed_to_others(tmp_path) -> None:
    folder = tmp_path / "keys"
    first, second = load_or_create_key(folder), load_or_create_key(folder)
    assert first.kid == second.kid
    assert first.thumbprint() == second.thumbprint()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "no json", '{"kty":"oct","k":"AAAA"}', jwks(KEY)]
)
def test_a_damaged_key_file_is_said_to_be_damaged(tmp_path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(NotAllowedNow) as refused:
        load_or_create_key(tmp_path)
    assert refused.value.reason == "KEY_UNREADABLE"


def test_the_public_key_set_tells_no_secret() -> None:
    [public] = json.loads(jwks(KEY))["keys"]
    assert "d" not in public
    assert public["kid"] == KEY.kid
    assert public["alg"] == "EdDSA"


def test_the_token_file_is_its_owners_alone(tmp_path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o644)
    write_token(path, "fresh")
    assert path.read_text() == "fresh\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]  # nothing half-written is left


def test_checking_a_known_token_is_cheap() -> None:
    checks, token = verifier(), signed()
    checks.verify(token)
    start = time.perf_counter()
    for _ in range(1000):
        checks.verify(token)
    assert time.perf_counter() - start < 0.5
