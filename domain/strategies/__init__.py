"""Everything a strategy author needs, in one import.

`from domain.strategies import SMA, Bar, Context, Strategy`
"""

from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.market_data.trade import Trade
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.strategies.context import Bracket, Context
from domain.strategies.indicators import (
    ADX,
    ATR,
    CCI,
    CMO,
    DEMA,
    EMA,
    KAMA,
    MACD,
    MFI,
    NATR,
    OBV,
    ROC,
    RSI,
    SMA,
    TEMA,
    TRIMA,
    TRIX,
    WMA,
    AccumulationDistribution,
    Aroon,
    BollingerBands,
    Donchian,
    LinearRegression,
    Momentum,
    ParabolicSAR,
    StdDev,
    Stochastic,
    StochasticRSI,
    UltimateOscillator,
    WilliamsR,
)
from domain.strategies.strategy import Strategy
from domain.strategies.views import Fill, OrderView

__all__ = [
    "ADX",
    "ATR",
    "CCI",
    "CMO",
    "DEMA",
    "EMA",
    "KAMA",
    "MACD",
    "MFI",
    "NATR",
    "OBV",
    "ROC",
    "RSI",
    "SMA",
    "TEMA",
    "TRIMA",
    "TRIX",
    "WMA",
    "AccumulationDistribution",
    "Aroon",
    "Bar",
    "BollingerBands",
    "Bracket",
    "Context",
    "Donchian",
    "Fill",
    "LinearRegression",
    "Momentum",
    "OrderState",
    "OrderType",
    "OrderView",
    "ParabolicSAR",
    "Quote",
    "Side",
    "StdDev",
    "Stochastic",
    "StochasticRSI",
    "Strategy",
    "TimeInForce",
    "Trade",
    "UltimateOscillator",
    "WilliamsR",
]
