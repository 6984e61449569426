"""Fresh names for new things, from outside."""

from typing import Protocol


class Ids(Protocol):
    """Makes ids that nobody has used before. Tests bring a predictable one."""

    def new(self, prefix: str) -> str:
        """`prefix` and an underscore, then 20 characters of `[a-z2-7]`: `acc_…`."""
        ...
