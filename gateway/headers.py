"""Headers of answers, as Envoy's configuration says them."""

from typing import Any


def set_header(key: str, value: str) -> dict[str, Any]:
    """This value and no other, whatever was there."""
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
