"""Everything a strategy author needs, in one import.

`from domain.strategies import SMA, Bar, Context, Strategy`
"""

from domain.market_data.bar import Bar
from domain.market_data.quote import Quote
from domain.market_data.trade import Trade
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.strategies.context import Context
from domain.strategies.indicators import ATR, EMA, RSI, SMA, Donchian
from domain.strategies.strategy import Strategy
from domain.strategies.views import Fill, OrderView

__all__ = [
    "ATR",
    "EMA",
    "RSI",
    "SMA",
    "Bar",
    "Context",
    "Donchian",
    "Fill",
    "OrderState",
    "OrderType",
    "OrderView",
    "Quote",
    "Side",
    "Strategy",
    "TimeInForce",
    "Trade",
]
