"""Keeps instruments and what companies did to them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.instruments import Instrument
from domain.market_data.corporate_actions import CorporateAction


class InstrumentStore(Protocol):
    """Instruments belong to the installation, not to a tenant."""

    async def get(self, name: str) -> Instrument:
        """By full id (`AAPL.XNAS`) or bare symbol (`AAPL`).

        Raises `NotFound` INSTRUMENT_NOT_FOUND, or `InvalidRequest` AMBIGUOUS_SYMBOL where several
        venues list the symbol.
        """
        ...

    async def page(self, *, after: str, limit: int) -> Sequence[Instrument]:
        """Instruments by id, those behind the id `after`."""
        ...

    async def all(self) -> Mapping[str, Instrument]:
        """Every instrument by id."""
        ...

    async def save(
        self, instrument: Instrument, corporate_actions: Sequence[CorporateAction] = ()
    ) -> None:
        """Keeps the instrument and its corporate actions in place of what was under its id."""
        ...

    async def corporate_actions(self, instrument_id: str) -> Sequence[CorporateAction]:
        """Oldest first."""
        ...
