"""The log of a run: what its strategy wrote, and what the house says of it."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from domain.orders.closing import Closed
from domain.strategies.run import Run, RunState

LONGEST_LINE = 1_000  # characters
MOST_LINES = 10_000  # of a run: the oldest go
MOST_AT_ONCE = 200  # to one input

_WORDS = {
    RunState.RUNNING: "started",
    RunState.STOPPING: "asked to stop",
    RunState.STOPPED: "stopped",
    RunState.FINISHED: "finished",
    RunState.PAUSED: "paused",
}


class Writer(StrEnum):
    """Who wrote a line."""

    STRATEGY = "strategy"
    HOST = "host"


class RunLine(Struct, frozen=True):
    """One line. `number` counts those of the run from 1; `ts` is the clock of the run, or 0."""

    number: int
    ts: int
    writer: Writer
    text: str


def kept_lines(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Writer, str]]:
    """What is kept of the strategy's words to one input: time, writer and text."""
    for ts, text in lines[:MOST_AT_ONCE]:
        yield ts, Writer.STRATEGY, text[:LONGEST_LINE]
    more = len(lines) - MOST_AT_ONCE
    if more > 0:
        yield lines[-1][0], Writer.HOST, f"{more} lines more were dropped"


def words_about(before: Run | None, after: Run) -> str:
    """What a change of the run is in words; empty where there is nothing to say."""
    if before is None:
        return f"will hear {after.total_bar_count} bars of {after.instrument_id}"
    if before.parameters != after.parameters:
        changed = after.parameters.items() - before.parameters.items()
        return "parameters: " + ", ".join(f"{name}={text}" for name, text in sorted(changed))
    if before.state is after.state:
        return ""
    if after.state is RunState.FAILED:
        return f"failed: {after.error_reason}: {after.error_message}"
    if before.state is RunState.PAUSED and after.state is RunState.RUNNING:
        return "resumed"
    words = _WORDS[after.state]
    return words if after.is_active else f"{words} after {after.bar_count} bars"


def words_about_flattening(done: Closed) -> str:
    """What came of it."""
    closing = ", ".join(f"{one.side.name.lower()} {one.quantity:f}" for one in done.orders)
    return f"flattened: {closing or 'nothing held'}; {len(done.canceled)} orders canceled"
