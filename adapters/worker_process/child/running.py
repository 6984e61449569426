"""Is a strategy run: hears inputs, answers wishes, and keeps a shadow of the account."""

from collections.abc import Callable
from typing import NoReturn

from adapters.worker_process.child import spare
from adapters.worker_process.child.author import NotAStrategy, blame, strategy_class, tellable
from adapters.worker_process.frames import FrameTooLarge
from adapters.worker_process.messages import (
    Answer,
    Begin,
    Broke,
    Change,
    Finish,
    Hear,
    History,
    Know,
    Mark,
    News,
    Ready,
    Run,
    Said,
    Told,
)
from domain.errors import DomainError
from domain.instruments import Instruments
from domain.orders.account import Account
from domain.orders.events import Event
from domain.orders.request import Wish
from domain.orders.risk import RiskLimits
from domain.strategies import Strategy
from domain.strategies.parameters import change_parameters, make_strategy
from domain.strategies.runner import StrategyRunner
from ports.strategy_process import StrategyCode

RAISED = "STRATEGY_RAISED"
OUT_OF_MEMORY = "STRATEGY_OUT_OF_MEMORY"
FLOODED = "STRATEGY_FLOODED"


class Broken(Exception):
    """The author's code failed. Carries what the host shall hear of it."""

    def __init__(self, said: Broke) -> None:
        super().__init__(said.message)
        self.said = said


def be_run(task: Run, hear: Callable[[], Told], say: Callable[[Said], None]) -> None:
    """Serves one run until it is told to finish, or until the author's code breaks."""
    try:
        run = Running(task)
        say(Ready())
        while True:
            told = hear()
            if (answer := run.take(told)) is not None:
                say(answer)
            if isinstance(told, Finish):
                return
    except Broken as broken:
        say(broken.said)
    except FrameTooLarge:
        say(Broke(FLOODED, "more wishes or log lines after one bar than can be told", 0))
    except MemoryError:  # in a place of ours, which has none left because of the author's
        spare.use_up()
        say(Broke(OUT_OF_MEMORY, "the strategy takes more memory than it may", 0))


def made_strategy(code: StrategyCode, instrument_id: str) -> Strategy:
    """The strategy with its parameters set. Raises Broken."""
    try:
        return make_strategy(
            strategy_class(code.source, code.class_name), code.parameters, [instrument_id]
        )
    except NotAStrategy as error:
        raise Broken(Broke(error.reason, error.message, error.line)) from error
    except BaseException as error:  # noqa: BLE001 - its constructor is the author's too
        fell(error, code.source)


def fell(error: BaseException, source: str, log: tuple[tuple[int, str], ...] = ()) -> NoReturn:
    """Raises Broken for whatever the author's code raised; `log` is what it wrote before."""
    cause = error.__cause__ if isinstance(error, DomainError) and error.__cause__ else error
    if is_memory := isinstance(cause, MemoryError):
        spare.use_up()
    words, line = blame(cause, source)
    raise Broken(Broke(OUT_OF_MEMORY if is_memory else RAISED, words, line, log)) from error


class Running:
    """The strategy, its shadow account, and the wishes that wait for the next bar."""

    def __init__(self, task: Run) -> None:
        self._source = task.code.source
        self._parameters = task.code.parameters
        self._tradable = Instruments(task.instruments)
        self._known = dict(self._tradable)
        self._shadow = Account(self._known, RiskLimits(), _forget)
        self._strategy = made_strategy(task.code, task.instruments[0].instrument_id)
        self._runner: StrategyRunner | None = None
        self._wishes: list[Wish] = []

    def take(self, told: Told) -> Answer | None:
        """Take one message in; the answer to it where it has one. Raises Broken."""
        try:
            return self._take(told)
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a handler is a failure too
            fell(error, self._source, self._log() if self._runner else ())

    def _take(self, told: Told) -> Answer | None:
        match told:
            case History() | Know() | News():
                self._learn(told)
                return None
            case Begin():
                self._runner = StrategyRunner(self._strategy, self._shadow, self._tradable)
                self._runner.ctx.now = told.ts
                self._wishes += self._runner.start()
                return Answer(log=self._log())
            case Hear():
                wishes = (*self._wishes, *self._begun.step(told.bar))
                self._wishes.clear()
                return Answer(wishes, self._log())
            case Change():
                self._parameters = {**self._parameters, **told.values}
                change_parameters(self._strategy, self._parameters)
                self._wishes += self._begun.change()
                return Answer(log=self._log())
            case Mark():
                return Answer(log=self._log())
            case Finish():
                self._begun.stop()
                return Answer(log=self._log())

    def _learn(self, told: History | Know | News) -> None:
        match told:
            case History():
                for entry in told.entries:
                    self._shadow.apply(entry.event)
            case Know():
                self._known |= {one.instrument_id: one for one in told.instruments}
            case News():
                for entry in told.entries:
                    self._wishes += self._begun.step(entry.event)

    @property
    def _begun(self) -> StrategyRunner:
        assert self._runner is not None, "told before it began"
        return self._runner

    def _log(self) -> tuple[tuple[int, str], ...]:
        return tuple((ts, tellable(str(text))) for ts, text in self._begun.take_log())


def _forget(_event: Event) -> None:
    """The shadow keeps no log: the host has it."""
