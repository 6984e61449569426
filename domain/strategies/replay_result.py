"""What came of the replay of a run."""

from enum import IntEnum

from msgspec import Struct

from domain.instruments import Instrument
from domain.strategies.decisions import Difference


class ReplayVerdict(IntEnum):
    """Whether the same was decided again."""

    EQUAL = 1
    DIFFERENT = 2
    NOT_DETERMINISTIC = 3
    """Told the same twice, the strategy answered differently: it asks a clock or draws lots."""


class ReplayProgress(Struct, frozen=True):
    """How far a replay is."""

    bar_count: int
    total_bar_count: int
    market_ts: int


class AccountReplay(Struct, frozen=True):
    """The account as the store has it beside the account its log makes, at one version."""

    version: int
    kept_hash: str
    replayed_hash: str

    @property
    def is_equal(self) -> bool:
        return self.kept_hash == self.replayed_hash


class RunReplay(Struct, frozen=True):
    """How it ended. The hashes cover the decisions up to the first difference, with it."""

    run_id: str
    version_id: str
    instrument: Instrument
    verdict: ReplayVerdict
    bar_count: int
    market_ts: int
    decision_count: int
    recorded_hash: str
    replayed_hash: str
    account: AccountReplay | None
    difference: Difference | None = None
