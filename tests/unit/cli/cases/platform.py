"""The commands beside the nouns, and `trademesh api`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused
from tests.unit.cli.filled import filled, page

_ACCOUNTS = "orders.AccountService/ListAccounts"
_SERIES = "market_data.MarketDataService/ListBarSeries"
_MADE = {"backtest": filled("backtests.Backtest", state="STATE_SUCCEEDED")}

_DEMO = {
    "backtests.BacktestService/CreateBacktest": _MADE,
    "backtests.BacktestService/WatchBacktest": [_MADE],
    "orders.AccountService/CreateAccount": {"account": filled("orders.Account")},
    "strategies.RunService/StartRun": {"run": filled("strategies.Run")},
}
_FAILED = {"backtest": _MADE["backtest"] | {"state": "STATE_FAILED", "error_reason": "NO_BARS"}}

CASES = {
    "demo": Case(
        answers=_DEMO,
        refused=Refused(
            11,
            answers=_DEMO | {"backtests.BacktestService/WatchBacktest": [_FAILED]},
            says="NO_BARS",
        ),
    ),
    "status": Case(
        answers={
            _SERIES: page("bar_series", "market_data.BarSeries"),
            "market_data.MarketDataService/ListInstruments": page(
                "instruments", "market_data.Instrument"
            ),
            "strategies.StrategyService/ListStrategies": page("strategies", "strategies.Strategy"),
            "strategies.RunService/ListRuns": page("runs", "strategies.Run"),
            _ACCOUNTS: page("accounts", "orders.Account"),
        },
        changing=(r"127\.0\.0\.1:\d+",),
        refused=Refused(10, "--address 127.0.0.1:1", says="no platform answers"),
    ),
    "version": Case(changing=(r"\d+\.\d+\.\d+",), refused=Refused(2, "-o xml", says="not one of")),
    "up": Case(golden=False, arguments="--help", refused=Refused(2, "--port eighty")),
    "api call": Case(
        "orders.AccountService/ListAccounts",
        answers={_ACCOUNTS: page("accounts", "orders.Account")},
        refused=Refused(5, "AccountService/ListAccounts", {_ACCOUNTS: EXPIRED}),
    ),
    "api list": Case(golden=False, refused=Refused(2, "everything")),
    "api describe": Case(
        "orders.OrderService/CancelOrder",
        refused=Refused(2, "orders.OrderService/CancelOrders", says="CancelOrder"),
    ),
}
