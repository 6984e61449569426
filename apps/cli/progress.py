"""Following a long job: a bar on stderr while it runs, its last state when it has ended."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.words import money_in_words, time_in_words
from apps.cli.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress

Json = dict[str, Any]


class Detached(Failure):
    """Ctrl-C on a followed job: we leave, the job goes on."""

    def lines(self) -> list[str]:
        return [self.message, f"try: {self.hint}"]


@dataclass(frozen=True)
class Step:
    """How far a job is. `total` is 0 while nobody knows it."""

    done: int
    total: int
    words: str = ""


def step_of_backtest(backtest: Json) -> Step:
    progress = backtest.get("progress") or {}
    return Step(
        int(progress.get("bar_count", 0)),
        int(progress.get("total_bar_count", 0)),
        _words(progress.get("market_time"), progress.get("equity")),
    )


def step_of_run(run: Json) -> Step:
    return Step(
        int(run["bar_count"]), int(run["total_bar_count"]), _words(run.get("market_time"), None)
    )


def follow(
    session: Session,
    method: str,
    request: Json,
    *,
    key: str,
    measure: Callable[[Json], Step],
    again: str,
    unit: str = "bars",
) -> Json:
    """Watches a job until its stream ends, and returns it as it was last sent.

    Ctrl-C raises Detached (exit 130) and leaves the job alone, as does a platform that goes away
    for longer (exit 10); `again` is the command that follows it once more.
    """
    last: Json | None = None
    with progress_bar(session, unit) as show:
        try:
            for message in session.stream(method, request):
                last = message[key]
                show(measure(last))
        except KeyboardInterrupt as interrupt:
            raise Detached(
                ExitCode.INTERRUPTED, "detached; the job goes on", hint=again
            ) from interrupt
        except Failure as failure:
            if failure.exit_code is ExitCode.UNAVAILABLE and last is not None:
                failure.hint = f"{again}, once the platform is back"
            raise
    if last is None:
        raise Failure(ExitCode.UNEXPECTED, f"{method} said nothing", hint=again)
    return last


@contextmanager
def progress_bar(session: Session, unit: str) -> Iterator[Callable[[Step], None]]:
    """A bar with the share done, the speed and some words; nothing where nobody watches."""
    if not session.shows_progress:
        yield _ignore
        return
    bar = _bar(unit)
    task = bar.add_task("", total=None, words="", speed="")
    speed = _Speed()
    with bar:
        yield lambda step: bar.update(
            task,
            completed=step.done,
            total=step.total or None,
            words=step.words,
            speed=speed.of(step.done),
        )


def _ignore(step: Step) -> None:
    del step


class _Speed:
    """Units a second since the first step."""

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None

    def of(self, done: int) -> str:
        now = time.monotonic()
        if self._start is None:
            self._start = now, done
        since, first = self._start
        return f"{(done - first) / (now - since):,.0f}" if now > since else "–"


def _bar(unit: str) -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}"),
        TextColumn(f"{{task.fields[speed]}} {unit}/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _words(market_time: str | None, equity: str | None) -> str:
    day = time_in_words(market_time)[:10] if market_time else ""
    return f"{day}  {money_in_words(equity)}" if equity else day
