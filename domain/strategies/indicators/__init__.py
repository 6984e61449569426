"""Figures that follow a series, one update at a time.

Each has `update`, which returns the new value or None while warming up, `value`, the last one,
and `warm_up`, how many updates the first value takes. Sums run in a fixed order of plain double
arithmetic, so the values are the same on every machine.
"""

from domain.strategies.indicators.atr import ATR
from domain.strategies.indicators.donchian import Donchian
from domain.strategies.indicators.ema import EMA
from domain.strategies.indicators.rsi import RSI
from domain.strategies.indicators.sma import SMA

__all__ = ["ATR", "EMA", "RSI", "SMA", "Donchian"]
