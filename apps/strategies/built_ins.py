"""The strategies that come with the house."""

from importlib import import_module, resources

from domain.strategies import Strategy
from domain.strategies.library import StrategyVersion, setting_of, version_id_of
from domain.strategies.parameters import parameters_of
from ports.clock import Clock
from ports.ownership import HOUSE
from ports.strategy_store import StrategyStore

EXAMPLES = "apps.strategies.examples"
BUILT_INS = {
    "buy-and-hold": "BuyAndHold",
    "donchian-breakout": "DonchianBreakout",
    "rsi-mean-reversion": "RsiMeanReversion",
    "sma-cross": "SmaCross",
}


class InstallBuiltIns:
    """Puts them into the library at start, so that a run keeps its version when we change ours."""

    def __init__(self, strategies: StrategyStore, clock: Clock) -> None:
        self._strategies = strategies
        self._clock = clock

    async def __call__(self) -> None:
        """Harmless twice: the same source is the same version."""
        for strategy_id, class_name in BUILT_INS.items():
            await self._strategies.push(built_in(strategy_id, class_name, self._clock.now()))


def built_in(strategy_id: str, class_name: str, create_ts: int = 0) -> StrategyVersion:
    """One of them, as the library keeps it."""
    module = strategy_id.replace("-", "_")
    source = resources.files(EXAMPLES).joinpath(f"{module}.py").read_text("utf-8")
    strategy: type[Strategy] = getattr(import_module(f"{EXAMPLES}.{module}"), class_name)
    return StrategyVersion(
        tenant=HOUSE,
        strategy_id=strategy_id,
        version_id=version_id_of(source, class_name),
        class_name=class_name,
        summary=(strategy.__doc__ or "").splitlines()[0],
        settings=tuple(setting_of(one) for one in parameters_of(strategy)),
        source=source,
        create_ts=create_ts,
    )
