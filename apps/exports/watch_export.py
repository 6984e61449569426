"""Follows an export to its end."""

from apps.streams import Streams
from apps.watch_job import WatchJob
from domain.exports.export import Export
from ports.event_bus import EventBus
from ports.export_store import ExportStore


class WatchExport(WatchJob[Export]):
    """The export as it stands, then each step."""

    def __init__(self, exports: ExportStore, streams: Streams, bus: EventBus) -> None:
        super().__init__(streams, bus, "exports", Export, exports.get)
