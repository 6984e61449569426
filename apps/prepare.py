"""What runs and backtests have in common: a strategy, a market and parameters, checked."""

from msgspec import Struct

from domain.errors import InvalidRequest
from domain.instruments import Instrument
from domain.strategies.library import StrategyVersion, check_parameters
from domain.strategies.wanted import Wanted
from ports.bar_store import BarStore
from ports.instrument_store import InstrumentStore
from ports.strategy_store import StrategyStore


class Prepared(Struct, frozen=True):
    """What is wanted, found and found good."""

    version: StrategyVersion
    instrument: Instrument
    timeframe: str
    parameters: dict[str, str]
    start_ts: int | None
    end_ts: int | None
    bar_count: int


class Prepare:
    """Finds what is wanted, before anything is kept of it."""

    def __init__(
        self, strategies: StrategyStore, instruments: InstrumentStore, bars: BarStore
    ) -> None:
        self._strategies = strategies
        self._instruments = instruments
        self._bars = bars

    async def __call__(self, tenant: str, wanted: Wanted) -> Prepared:
        """Raises NotFound: STRATEGY_NOT_FOUND, VERSION_NOT_FOUND, INSTRUMENT_NOT_FOUND.

        Raises InvalidRequest: MISSING_FIELD, UNKNOWN_TIMEFRAME, END_BEFORE_START,
        UNKNOWN_PARAMETER, INVALID_PARAMETER, MISSING_PARAMETER, NO_BARS. Raises NotAllowedNow:
        STRATEGY_ARCHIVED.
        """
        wanted.check()
        version = await self._version(tenant, wanted)
        instrument = await self._instruments.get(wanted.instrument_id)
        parameters = check_parameters(version.settings, wanted.parameters, instrument.instrument_id)
        bar_count = await self._bars.count(
            instrument.instrument_id,
            wanted.timeframe,
            start_ts=wanted.start_ts,
            end_ts=wanted.end_ts,
        )
        if not bar_count:
            raise _no_bars(instrument, wanted.timeframe)
        return Prepared(
            version=version,
            instrument=instrument,
            timeframe=wanted.timeframe,
            parameters=parameters,
            start_ts=wanted.start_ts,
            end_ts=wanted.end_ts,
            bar_count=bar_count,
        )

    async def _version(self, tenant: str, wanted: Wanted) -> StrategyVersion:
        listed = await self._strategies.get(tenant, wanted.strategy_id)
        listed.check_in_use()
        if wanted.version_id:
            return await self._strategies.version(tenant, wanted.strategy_id, wanted.version_id)
        return listed.latest


def _no_bars(instrument: Instrument, timeframe: str) -> InvalidRequest:
    return InvalidRequest(
        f"there are no {timeframe} bars of {instrument.instrument_id} in this range",
        reason="NO_BARS",
        violations={"instrument_id": f"has no {timeframe} bars in this range"},
        instrument_id=instrument.instrument_id,
        timeframe=timeframe,
    )
