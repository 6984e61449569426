"""What every command has at hand: the common options, the platform, stdout and stderr."""

import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from apps.cli.connection import find_address, find_token
from apps.cli.output.formats import OutputFormat, write
from apps.cli.output.views import View

if TYPE_CHECKING:
    from apps.cli.client import Client

Json = dict[str, Any]

_PAGE = 1000


@dataclass
class Session:
    """One invocation of one command."""

    output: OutputFormat | None = None
    quiet: bool = False
    timeout: float = 30.0
    given_request_id: str | None = None
    given_address: str | None = None
    token_file: Path | None = None
    _client: "Client | None" = field(default=None, repr=False)

    def call(self, method: str, request: Json) -> Json:
        """One unary call. Raises Failure."""
        return self.client.call(method, request)

    def stream(self, method: str, request: Json) -> Iterator[Json]:
        """The messages of a stream. Raises Failure."""
        return self.client.stream(method, request)

    def listed(self, method: str, request: Json, key: str, limit: int = 0) -> list[Json]:
        """Everything of a paged list, or the first `limit` (and says so when there is more)."""
        found: list[Json] = []
        page_token = ""
        while True:
            size = min(limit - len(found), _PAGE) if limit else _PAGE
            page = self.call(method, request | {"page_size": size, "page_token": page_token})
            found += page[key]
            page_token = page["next_page_token"]
            if not page_token:
                return found
            if limit and len(found) >= limit:
                self.talk(f"the first {limit} are shown; --limit 0 shows all")
                return found

    def request_id(self, step: str = "") -> str:
        """The id of a mutating call: `--request-id`, or a new one.

        A command of several calls names each `step`; its id follows from the given one, so the
        whole command may be repeated safely.
        """
        given = self.given_request_id
        if given is None:
            return str(uuid.uuid4())
        if not step:
            return given
        derived = uuid.uuid5(uuid.NAMESPACE_URL, f"trademesh:{given}:{step}")
        return str(uuid.UUID(bytes=derived.bytes, version=4))

    def show(self, data: Json | Sequence[Json], view: View) -> None:
        """Data to stdout, in the form that was asked for; a table only where a person reads."""
        write(data, view, self.format, sys.stdout)

    @property
    def format(self) -> OutputFormat:
        """As asked for; else a table on a terminal and JSON in a pipe."""
        if self.output is not None:
            return self.output
        return OutputFormat.TABLE if sys.stdout.isatty() else OutputFormat.JSON

    def talk(self, text: str) -> None:
        """A word to the person at the terminal: stderr, never data."""
        if not self.quiet:
            print(text, file=sys.stderr)

    @property
    def shows_progress(self) -> bool:
        return not self.quiet and sys.stderr.isatty()

    @cached_property
    def address(self) -> str:
        return find_address(self.given_address)

    @property
    def client(self) -> "Client":
        if self._client is None:
            os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its talk is not ours
            from apps.cli.client import Client

            self._client = Client(self.address, find_token(self.token_file), timeout=self.timeout)
        return self._client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is None:
            return
        if _interrupted(error):
            _ABANDONED.append(self._client)
        else:
            self._client.close()


# Ctrl-C may hit gRPC while it starts a call: closing its channel would then wait for ever, and so
# would letting go of it. The process ends without either.
_ABANDONED: list["Client"] = []


def _interrupted(error: BaseException | None) -> bool:
    return isinstance(error, KeyboardInterrupt) or (
        error is not None and isinstance(error.__cause__, KeyboardInterrupt)
    )
