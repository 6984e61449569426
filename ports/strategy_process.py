"""Where an author's code runs: apart from us, so that it can harm nobody but itself."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from domain.errors import NotAllowedNow
from domain.instruments import Instrument
from domain.orders.request import Wish
from domain.strategies.library import Setting
from ports.run_store import RunInput


class StrategyBroke(NotAllowedNow):
    """The author's code ended by itself.

    Reasons: STRATEGY_RAISED (fact `line`), STRATEGY_OUT_OF_MEMORY, STRATEGY_FLOODED (more orders
    after one bar than anybody decides), STRATEGY_TIMED_OUT, STRATEGY_TOO_LARGE,
    STRATEGY_PROCESS_ENDED.
    """

    default_reason = "STRATEGY_RAISED"
    lines: Sequence[tuple[int, str]] = ()
    """What it had written to its log before, each line with its time."""


class Inspection(Struct, frozen=True):
    """What a source turned out to hold."""

    class_name: str
    summary: str
    settings: tuple[Setting, ...]


class StrategyCode(Struct, frozen=True):
    """A strategy with everything set: parameters as text, checked before."""

    strategy_id: str
    source: str
    class_name: str
    parameters: dict[str, str]


class Reply(Struct, frozen=True):
    """What the strategy said to one input: what it wishes for, and lines of its log with times."""

    wishes: Sequence[Wish] = ()
    lines: Sequence[tuple[int, str]] = ()


class StrategyProcess(Protocol):
    """One run at work. Every call may raise `StrategyBroke`; the process has ended then."""

    async def know(self, instruments: Sequence[Instrument]) -> None:
        """Lets it know further instruments, before an input's entries name them.

        It hears what the account does in them, and cannot trade them.
        """
        ...

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        """Tells the inputs in order; the reply to each. Raises StrategyBroke."""
        ...

    async def finish(self) -> Reply:
        """Lets the strategy say good-bye (`on_stop`) and ends the process. Raises StrategyBroke."""
        ...

    async def kill(self) -> None:
        """Ends the process at once. Harmless twice."""
        ...


class StrategyProcesses(Protocol):
    """Starts processes for author's code; none of them outlives us."""

    async def inspect(self, source: str, class_name: str) -> Inspection:
        """Imports the source and looks at its strategy; an empty name stands for the only one.

        Raises InvalidRequest: STRATEGY_DOES_NOT_IMPORT (fact `line`), STRATEGY_CLASS_NOT_FOUND,
        STRATEGY_CLASS_AMBIGUOUS, UNSUPPORTED_PARAMETER_TYPE.
        """
        ...

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        """A process with the strategy in it, told nothing yet. Raises StrategyBroke."""
        ...
