"""What a client asks a run or a backtest to be."""

from collections.abc import Mapping

from msgspec import Struct

from domain.errors import invalid
from domain.market_data.timeframe import span_of


class Wanted(Struct, frozen=True):
    """As a client wrote it. Times are open times, the end exclusive."""

    strategy_id: str
    version_id: str
    """Empty: the newest."""
    instrument_id: str
    """A bare symbol will do."""
    timeframe: str
    parameters: Mapping[str, str]
    start_ts: int | None = None
    end_ts: int | None = None
    times_under: str = ""
    """Where the request keeps its times: `replay.` in a run."""

    def check(self) -> None:
        """Raises InvalidRequest: `MISSING_FIELD`, `UNKNOWN_TIMEFRAME`, `END_BEFORE_START`."""
        for field in ("strategy_id", "instrument_id", "timeframe"):
            if not getattr(self, field):
                raise invalid(field, "is required", reason="MISSING_FIELD")
        span_of(self.timeframe)
        if self.start_ts is None or self.end_ts is None:
            return
        if self.end_ts <= self.start_ts:
            field = f"{self.times_under}end_time"
            raise invalid(field, "must be after start_time", reason="END_BEFORE_START")
