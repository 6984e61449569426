"""What host and worker say to each other about a strategy. Loads no numpy: a run starts quickly."""

from msgspec import Struct

from adapters.worker_process.walls.wall import Walls
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.request import Wish
from ports.order_desk import AccountEntry
from ports.strategy_process import Inspection, StrategyCode

# What the host says. The first message is the task; one worker has one task.


class Inspect(Struct, frozen=True, tag="inspect"):
    """Look into this source."""

    source: str
    class_name: str


class Run(Struct, frozen=True, tag="run"):
    """Be this run."""

    code: StrategyCode
    instruments: tuple[Instrument, ...]


class History(Struct, frozen=True, tag="history"):
    """What had happened in the account before. Not answered."""

    entries: tuple[AccountEntry, ...]


class Know(Struct, frozen=True, tag="know"):
    """The account trades these too. Not answered."""

    instruments: tuple[Instrument, ...]


class Begin(Struct, frozen=True, tag="begin"):
    """The strategy may start; `ts` is the clock then."""

    ts: int


class News(Struct, frozen=True, tag="news"):
    """What happened in the account since. Not answered."""

    entries: tuple[AccountEntry, ...]


class Hear(Struct, frozen=True, tag="hear"):
    """A bar closed."""

    bar: Bar


class Change(Struct, frozen=True, tag="change"):
    """These parameters have other values from here on."""

    values: dict[str, str]


class Mark(Struct, frozen=True, tag="mark"):
    """An input that the strategy does not hear of. Answered all the same."""


class Finish(Struct, frozen=True, tag="finish"):
    """Say good-bye and go."""


Task = Inspect | Run
Told = History | Know | Begin | News | Hear | Change | Mark | Finish


# What the worker says.


class Walled(Struct, frozen=True, tag="walled"):
    """The first word of every worker: its walls are built, nobody's code has run yet."""

    walls: Walls


class Inspected(Struct, frozen=True, tag="inspected"):
    """Answers Inspect."""

    inspection: Inspection


class Refused(Struct, frozen=True, tag="refused"):
    """Answers Inspect: the source is no strategy. `line` is 0 where none is to blame."""

    reason: str
    message: str
    line: int


class Ready(Struct, frozen=True, tag="ready"):
    """Answers Run: the strategy is made."""


class Answer(Struct, frozen=True, tag="answer"):
    """Answers all but History, News and Know."""

    wishes: tuple[Wish, ...] = ()
    log: tuple[tuple[int, str], ...] = ()


class Broke(Struct, frozen=True, tag="broke"):
    """The author's code failed; the worker ends after it."""

    reason: str
    message: str
    line: int
    log: tuple[tuple[int, str], ...] = ()


Said = Inspected | Refused | Ready | Answer | Broke
