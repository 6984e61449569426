"""Follows a backtest to its end."""

from apps.streams import Streams
from apps.watch_job import WatchJob
from domain.backtests.record import Backtest
from ports.backtest_store import BacktestStore
from ports.event_bus import EventBus


class WatchBacktest(WatchJob[Backtest]):
    """The backtest as it stands, then each step."""

    def __init__(self, backtests: BacktestStore, streams: Streams, bus: EventBus) -> None:
        super().__init__(streams, bus, "backtests", Backtest, backtests.get)
