"""Random ids."""

import base64
import secrets

from ports.ids import Ids

LENGTH = 20


class RandomIds(Ids):
    """100 random bits an id: two alike are not to be expected in the life of the house."""

    def new(self, prefix: str) -> str:
        text = base64.b32encode(secrets.token_bytes(LENGTH)).decode().lower()
        return f"{prefix}_{text[:LENGTH]}"
