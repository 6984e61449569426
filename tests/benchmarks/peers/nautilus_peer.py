"""NautilusTrader on the same bars or quotes. Building its objects is not timed, running is."""

import json
import sys
from decimal import Decimal
from time import process_time

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage, SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType, QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from tests.benchmarks.memory import peak_mb

work, path = sys.argv[1:]
VENUE = Venue("XNAS")
ID = InstrumentId(Symbol("DATA"), VENUE)
BARS = BarType.from_str("DATA.XNAS-1-MINUTE-LAST-EXTERNAL")
SHARE = Equity(
    instrument_id=ID, raw_symbol=Symbol("DATA"), currency=USD, price_precision=2,
    price_increment=Price.from_str("0.01"), lot_size=Quantity.from_int(1), ts_event=0, ts_init=0,
    maker_fee=Decimal(0), taker_fee=Decimal(0),
)  # fmt: skip
TEN = Quantity.from_int(10)


class Base(Strategy):
    def __init__(self) -> None:
        super().__init__(StrategyConfig())
        self.orders = 0
        self.is_buying = True

    def on_start(self) -> None:
        kind = ExponentialMovingAverage if work == "quotes" else SimpleMovingAverage
        self.fast, self.slow = kind(10), kind(30)
        if work == "quotes":
            self.subscribe_quote_ticks(ID)
        else:
            self.subscribe_bars(BARS)

    def send(self, side: OrderSide) -> None:
        self.submit_order(self.order_factory.market(ID, side, TEN))
        self.orders += 1

    def cross(self, value: float) -> None:
        self.fast.update_raw(value)
        self.slow.update_raw(value)
        if not self.slow.initialized:
            return
        if self.fast.value > self.slow.value:
            if self.portfolio.is_flat(ID):
                self.send(OrderSide.BUY)
        elif self.portfolio.is_net_long(ID):
            self.send(OrderSide.SELL)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self.cross((tick.bid_price.as_double() + tick.ask_price.as_double()) / 2)

    def on_bar(self, bar: Bar) -> None:
        if work == "cross":
            self.cross(bar.close.as_double())
            return
        self.send(OrderSide.BUY if self.is_buying else OrderSide.SELL)
        self.is_buying = not self.is_buying


raw = np.fromfile(path, np.int64).reshape(6, -1)
ts = raw[0].tolist()
opens, highs, lows, closes, volumes = (column.tolist() for column in raw[1:].view(np.float64))
if work == "quotes":
    size = Quantity.from_int(100)
    data = [
        QuoteTick(ID, Price(price - 0.01, 2), Price(price + 0.01, 2), size, size, t, t)
        for t, price in zip(ts, closes, strict=True)
    ]
else:
    data = [
        Bar(BARS, Price(a, 2), Price(b, 2), Price(d, 2), Price(e, 2), Quantity(f, 0), t, t)
        for t, a, b, d, e, f in zip(ts, opens, highs, lows, closes, volumes, strict=True)
    ]
engine = BacktestEngine(
    BacktestEngineConfig(
        logging=LoggingConfig(bypass_logging=True), risk_engine=RiskEngineConfig(bypass=False),
        run_analysis=False,
    )
)  # fmt: skip
engine.add_venue(
    venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=USD,
    starting_balances=[Money(1_000_000, USD)],
)  # fmt: skip
engine.add_instrument(SHARE)
engine.add_data(data)
strategy = Base()
engine.add_strategy(strategy)
start = process_time()
engine.run()
seconds = process_time() - start
account = (
    engine.trader._cache.account_for_venue(VENUE) if hasattr(engine.trader, "_cache") else None
)
account = account or engine.cache.account_for_venue(VENUE)
print(json.dumps({
    "seconds": seconds,
    "count": len(data),
    "orders": strategy.orders,
    "final_equity": account.balance_total(USD).as_double(),
    "rss_mb": peak_mb(),
}))  # fmt: skip
