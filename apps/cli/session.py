"""What every command has at hand: the common options, the platform, stdout and stderr."""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from apps.cli.connection import find_address, find_token
from apps.cli.output.fields import check_fields, narrowed, narrowed_view
from apps.cli.output.formats import TABLES, OutputFormat, write
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
    fields: tuple[str, ...] = ()
    verbose: bool = False
    no_input: bool = False
    prints: str = ""
    _client: "Client | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.fields and self.prints:
            check_fields(self.fields, self.prints)

    def call(self, method: str, request: Json) -> Json:
        """One unary call. Raises Failure."""
        with self._told(method):
            return self.client.call(method, request)

    def stream(self, method: str, request: Json) -> Iterator[Json]:
        """The messages of a stream. Raises Failure."""
        with self._told(method):
            yield from self.client.stream(method, request)

    def listed(self, method: str, request: Json, key: str, limit: int = 0) -> list[Json]:
        """Everything of a paged list, or the first `limit` (and says so when there is more)."""
        return self.listed_over(method, [request], key, limit)

    def listed_over(
        self, method: str, requests: Sequence[Json], key: str, limit: int = 0
    ) -> list[Json]:
        """Everything of several lists, one after the other, or the first `limit` of it all."""
        size = min(limit + 1, _PAGE) if limit else _PAGE
        things = chain.from_iterable(self._paged(method, each, key, size) for each in requests)
        found = list(islice(things, limit + 1 if limit else None))  # one more: is there more?
        if limit and len(found) > limit:
            self.talk(f"the first {limit} are shown; --limit 0 shows all")
            return found[:limit]
        return found

    def _paged(self, method: str, request: Json, key: str, size: int) -> Iterator[Json]:
        page_token = ""
        while True:
            page = self.call(method, request | {"page_size": size, "page_token": page_token})
            yield from page[key]
            page_token = page["next_page_token"]
            if not page_token:
                return

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
        if self.fields:
            data = self._narrow(data) if isinstance(data, dict) else [*map(self._narrow, data)]
        write(data, self._view(view), self.format, sys.stdout)

    @contextmanager
    def showing(self, view: View) -> Iterator[Callable[[Json], None]]:
        """As `show`, for things that come one after the other."""
        from apps.cli.output.streams import stream_writer

        with stream_writer(self._view(view), self.format, sys.stdout) as write_one:
            yield lambda thing: write_one(self._narrow(thing))

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
    def is_for_people(self) -> bool:
        """Tables are written: what was shown may be explained beside them."""
        return self.format in TABLES

    @property
    def may_ask(self) -> bool:
        """Somebody is there to answer a question."""
        return not self.no_input and sys.stdin.isatty()

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

    def _view(self, view: View) -> View:
        return narrowed_view(view, self.fields) if self.fields else view

    def _narrow(self, thing: Json) -> Json:
        if not self.fields or self.format is OutputFormat.NAME:
            return thing
        return narrowed(thing, self.fields, keep_unset=self.format is OutputFormat.CSV)

    def _told(self, method: str) -> AbstractContextManager[None]:
        return _told(method) if self.verbose else nullcontext()

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


@contextmanager
def _told(method: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        print(f"{method}  {1000 * (time.monotonic() - start):.0f} ms", file=sys.stderr)


# Ctrl-C may hit gRPC while it starts a call: closing its channel would then wait for ever, and so
# would letting go of it. The process ends without either.
_ABANDONED: list["Client"] = []


def _interrupted(error: BaseException | None) -> bool:
    return isinstance(error, KeyboardInterrupt) or (
        error is not None and isinstance(error.__cause__, KeyboardInterrupt)
    )
