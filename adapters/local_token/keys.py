"""The key pair that signs local tokens. It is made once and lives in the data folder's `keys/`."""

import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from adapters.local_token.algorithm import ALGORITHM
from adapters.private_files import private_folder, write_private
from domain.errors import NotAllowedNow

KEY_FILE = "token_ed25519.json"


def load_or_create_key(folder: Path) -> OKPKey:
    """The key of this data folder. Raises NotAllowedNow KEY_UNREADABLE for a damaged file."""
    path = private_folder(folder) / KEY_FILE
    if not path.exists():
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        write_private(path, json.dumps(key.as_dict(private=True)).encode())
    path.chmod(0o600)
    return _read(path)


def jwks(key: OKPKey) -> str:
    """The public half, as the JWKS that Envoy checks tokens against."""
    return json.dumps({"keys": [key.as_dict(private=False)]})


def _read(path: Path) -> OKPKey:
    try:
        key = OKPKey.import_key(json.loads(path.read_bytes()))
        if key.curve_name != "Ed25519" or not key.is_private or not key.kid:
            raise ValueError("not a private Ed25519 key with an id")
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise NotAllowedNow(
            f"The key file {path.name} is damaged; remove it to have a new one made.",
            reason="KEY_UNREADABLE",
            file=path.name,
        ) from error
    return key
