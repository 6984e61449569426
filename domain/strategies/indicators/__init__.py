"""Figures that follow a series, one update at a time.

Each has `update`, which returns the new value or None while warming up, `value`, the last one,
and `warm_up`, how many updates the first value takes. Sums run in a fixed order of plain double
arithmetic, so the values are the same on every machine. Each equals TA-Lib's from the first value
on; where nothing at all has moved the RSI says 50 and TA-Lib 0.
"""

from domain.strategies.indicators.aroon import Aroon
from domain.strategies.indicators.atr import ATR, NATR, TrueRange
from domain.strategies.indicators.bands import Beta, BollingerBands, MeanDeviation, StdDev, Variance
from domain.strategies.indicators.cci import CCI
from domain.strategies.indicators.channels import AccelerationBands, Keltner, Supertrend
from domain.strategies.indicators.directional import ADX, ADXR, Vortex
from domain.strategies.indicators.donchian import Donchian
from domain.strategies.indicators.ema import EMA
from domain.strategies.indicators.exponential import DEMA, MACD, T3, TEMA, TRIX
from domain.strategies.indicators.kama import KAMA
from domain.strategies.indicators.midpoint import MidPoint
from domain.strategies.indicators.momentum import CMO, ROC, Momentum
from domain.strategies.indicators.oscillators import (
    APO,
    PPO,
    AwesomeOscillator,
    BalanceOfPower,
    IntradayMomentum,
)
from domain.strategies.indicators.rsi import RSI
from domain.strategies.indicators.sar import ParabolicSAR
from domain.strategies.indicators.sma import SMA
from domain.strategies.indicators.stochastic import Stochastic, StochasticRSI, WilliamsR
from domain.strategies.indicators.ultimate import UltimateOscillator
from domain.strategies.indicators.volume import (
    MFI,
    OBV,
    VWMA,
    AccumulationDistribution,
    ChaikinMoneyFlow,
    ChaikinOscillator,
)
from domain.strategies.indicators.weighted import HMA, TRIMA, WMA, LinearRegression

__all__ = [
    "ADX",
    "ADXR",
    "APO",
    "ATR",
    "CCI",
    "CMO",
    "DEMA",
    "EMA",
    "HMA",
    "KAMA",
    "MACD",
    "MFI",
    "NATR",
    "OBV",
    "PPO",
    "ROC",
    "RSI",
    "SMA",
    "T3",
    "TEMA",
    "TRIMA",
    "TRIX",
    "VWMA",
    "WMA",
    "AccelerationBands",
    "AccumulationDistribution",
    "Aroon",
    "AwesomeOscillator",
    "BalanceOfPower",
    "Beta",
    "BollingerBands",
    "ChaikinMoneyFlow",
    "ChaikinOscillator",
    "Donchian",
    "IntradayMomentum",
    "Keltner",
    "LinearRegression",
    "MeanDeviation",
    "MidPoint",
    "Momentum",
    "ParabolicSAR",
    "StdDev",
    "Stochastic",
    "StochasticRSI",
    "Supertrend",
    "TrueRange",
    "UltimateOscillator",
    "Variance",
    "Vortex",
    "WilliamsR",
]
