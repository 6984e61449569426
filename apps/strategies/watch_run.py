"""Follows a run to its end."""

from apps.streams import Streams
from apps.watch_job import WatchJob
from domain.strategies.run import Run
from ports.event_bus import EventBus
from ports.run_store import RunStore

TOPIC = "runs"


class WatchRun(WatchJob[Run]):
    """The run as it stands, then each change."""

    def __init__(self, runs: RunStore, streams: Streams, bus: EventBus) -> None:
        super().__init__(streams, bus, TOPIC, Run, runs.get)
