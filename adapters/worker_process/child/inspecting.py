"""Looks into a source: which strategy it holds and what can be set."""

from adapters.worker_process.child.author import NotAStrategy, strategy_class, summary_of
from adapters.worker_process.messages import Inspect, Inspected, Refused
from domain.errors import DomainError
from domain.strategies.library import setting_of
from domain.strategies.parameters import parameters_of
from ports.strategy_process import Inspection


def do_inspect(task: Inspect) -> Inspected | Refused:
    """What the source holds, or why it is no strategy."""
    try:
        strategy = strategy_class(task.source, task.class_name)
        settings = tuple(setting_of(one) for one in parameters_of(strategy))
    except NotAStrategy as error:
        return Refused(error.reason, error.message, error.line)
    except DomainError as error:
        return Refused(error.reason, error.message, 0)
    inspection = Inspection(strategy.__name__, summary_of(strategy), settings)
    return Inspected(inspection)
