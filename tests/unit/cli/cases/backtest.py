"""`trademesh backtest`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, not_found, refused_now
from tests.unit.cli.cases.data import EXPORTED
from tests.unit.cli.filled import filled, page

_SERVICE = "backtests.BacktestService"
_DONE = filled("backtests.Backtest", state="STATE_SUCCEEDED")
_RUN = "sma-cross --instrument AAPL --param fast=10"
_NONE = not_found("BACKTEST_NOT_FOUND", f"{_SERVICE}/GetBacktest")

CASES = {
    "backtest run": Case(
        _RUN,
        answers={
            f"{_SERVICE}/CreateBacktest": {"backtest": _DONE | {"state": "STATE_QUEUED"}},
            f"{_SERVICE}/WatchBacktest": [{"backtest": _DONE}],
        },
        refused=Refused(
            3,
            "sma-cross -i APPL",
            not_found("INSTRUMENT_NOT_FOUND", f"{_SERVICE}/CreateBacktest", instrument_id="APPL")
            | {
                "market_data.MarketDataService/ListInstruments": page(
                    "instruments", "market_data.Instrument"
                )
            },
            says="AAPL; did you mean that?",
        ),
    ),
    "backtest watch": Case(
        "bt_1",
        answers={f"{_SERVICE}/WatchBacktest": [{"backtest": _DONE}]},
        refused=Refused(
            11,
            "bt_1",
            {
                f"{_SERVICE}/WatchBacktest": [
                    {
                        "backtest": _DONE
                        | {"state": "STATE_FAILED", "error_reason": "STRATEGY_RAISED"}
                    }
                ]
            },
            says="STRATEGY_RAISED",
        ),
    ),
    "backtest cancel": Case(
        "bt_1",
        answers={f"{_SERVICE}/CancelBacktest": {"backtest": _DONE}},
        refused=Refused(7, "bt_1", refused_now("BACKTEST_ENDED", f"{_SERVICE}/CancelBacktest")),
    ),
    "backtest list": Case(
        answers={f"{_SERVICE}/ListBacktests": {"backtests": [_DONE]}},
        refused=Refused(5, answers={f"{_SERVICE}/ListBacktests": EXPIRED}),
    ),
    "backtest show": Case(
        "bt_1",
        answers={f"{_SERVICE}/GetBacktest": {"backtest": _DONE}},
        refused=Refused(3, "bt_2", _NONE),
    ),
    "backtest compare": Case(
        "bt_1 bt_2",
        answers={
            f"{_SERVICE}/GetBacktest": lambda request: {
                "backtest": _DONE | {"backtest_id": request["backtest_id"]}
            }
        },
        refused=Refused(2, "bt_1", says="two to 8"),
    ),
    "backtest export": Case(
        "bt_1 equity equity.csv",
        answers=EXPORTED,
        refused=Refused(
            7,
            "bt_1 equity other.csv",
            refused_now("BACKTEST_NOT_DONE", "exports.ExportService/CreateExport"),
        ),
    ),
}
