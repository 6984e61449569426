"""What a release did with its platform before its data folder was packed.

Through REST alone, and only with calls that the first release had: each release lives the same
life, so that what it leaves can be compared.
"""

import base64
from typing import Any

from tests.journeys.clients import Rest, until

Json = dict[str, Any]

LONG = {"start_time": "2000-03-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}
YEAR = {"start_time": "2012-01-01T00:00:00Z", "end_time": "2013-01-01T00:00:00Z"}
SMA_CROSS = {
    "strategy_id": "sma-cross",
    "instrument_id": "AAPL",
    "timeframe": "1d",
    "parameters": {"fast": "5", "slow": "20"},
}
GTC = {"time_in_force": "TIME_IN_FORCE_GTC"}
ORDERS: tuple[Json, ...] = (
    {"side": "SIDE_BUY", "quantity": "10", "order_type": "ORDER_TYPE_MARKET"},
    {
        "side": "SIDE_BUY",
        "quantity": "20",
        "order_type": "ORDER_TYPE_LIMIT",
        "limit_price": "64.50",
        **GTC,
    },
    {
        "side": "SIDE_BUY",
        "quantity": "5",
        "order_type": "ORDER_TYPE_STOP",
        "stop_price": "900",
        **GTC,
    },
    {
        "side": "SIDE_BUY",
        "quantity": "5",
        "order_type": "ORDER_TYPE_STOP_LIMIT",
        "stop_price": "910",
        "limit_price": "911.25",
    },
    {"side": "SIDE_BUY", "quantity": "10000", "order_type": "ORDER_TYPE_MARKET"},  # denied
)
BARS = "time,open,high,low,close,volume\n" + "".join(
    f"2024-01-02T15:{minute:02}:00Z,{10 + minute / 100:.2f},11,9,10.5,{1000 + minute}\n"
    for minute in range(60)
)
BAD_BARS = "date,open,high,low,close,volume\n2024-01-02,10,9,11,10,1\n2024-01-03,ten,11,9,10,1\n"
ENDED = ("STATE_SUCCEEDED", "STATE_FAILED", "STATE_CANCELED", "STATE_FINISHED", "STATE_STOPPED")
PATIENCE = 60

SOURCE = '''"""A strategy of its author's own."""

from dataclasses import dataclass

from domain.strategies import Bar, Context, Strategy


@dataclass
class Steady(Strategy):
    """Buys once in a while, and at times gives some back."""

    instrument_id: str
    every: int = 7
    fail_at: int = 0

    def on_start(self, ctx: Context) -> None:
        self.count = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == self.fail_at:
            raise ValueError("the author made a mistake")
        if self.count % self.every == 0:
            ctx.buy(self.instrument_id, 3)
        if self.count % (3 * self.every) == 0:
            ctx.sell(self.instrument_id, 5)
'''


def live(rest: Rest) -> None:
    """A day at the platform: imports, strategies, backtests, orders and runs of every kind."""
    _import(rest)
    _push(rest)
    _backtest(rest)
    _trade(rest)
    _run(rest)


def _import(rest: Rest) -> None:
    def declare(instrument: str, timeframe: str) -> str:
        terms = {"instrument_id": instrument, "timeframe": timeframe}
        return str(_made(rest.post("/v1/imports", **{"import": terms}), "import")["import_id"])

    def send(name: str, text: str, *, last: bool) -> None:
        data = base64.b64encode(text.encode()).decode()
        answer = rest.post(f"/v1/imports/{name}/chunks", offset="0", data=data, last=last)
        _made(answer, "import")

    good, bad, half = declare("OWN.XNAS", "1m"), declare("OWN.XNAS", "1d"), declare("X.XNAS", "1d")
    send(good, BARS, last=True)
    send(bad, BAD_BARS, last=True)
    send(half, BARS[:500], last=False)
    for name in (good, bad):
        _ended(rest, f"/v1/imports/{name}", "import")


def _push(rest: Rest) -> None:
    for source in (SOURCE, SOURCE.replace("every: int = 7", "every: int = 5")):
        _made(rest.post("/v1/strategies", strategy_id="steady", source=source), "strategy_version")


def _backtest(rest: Rest) -> None:
    """Ended well, by an error of the author, and canceled while it waited for its turn."""
    steady = {"strategy_id": "steady", "instrument_id": "IBM", "timeframe": "1d", "cash": "50000"}
    wanted = [
        SMA_CROSS | LONG | {"cash": "100000"},
        steady | YEAR,
        steady | YEAR | {"parameters": {"fail_at": "9"}},
        steady | LONG,
    ]
    made = [_made(rest.post("/v1/backtests", backtest=one), "backtest") for one in wanted]
    rest.post(f"/v1/backtests/{made[-1]['backtest_id']}:cancel")
    for one in made:
        _ended(rest, f"/v1/backtests/{one['backtest_id']}", "backtest")


def _trade(rest: Rest) -> None:
    """Orders that stay open, one replaced, one canceled, one denied; no market meets them."""
    orders = f"/v1/accounts/{_account(rest, 'open orders')}/orders"
    placed = [
        rest.post(orders, order={"instrument_id": "AAPL"} | one).json.get("order") for one in ORDERS
    ]
    _, limit, stop, *_ = (one["order_id"] for one in placed if one)
    until(lambda: len(rest.get(orders, open_only="true").json["orders"]) == len(ORDERS) - 1)
    until(lambda: _state(rest, f"{orders}/{limit}") == _state(rest, f"{orders}/{stop}"))
    rest.post(f"{orders}/{limit}:replace", quantity="25", limit_price="65")
    rest.post(f"{orders}/{stop}:cancel")
    until(lambda: rest.get(f"{orders}/{limit}").json["order"]["limit_price"] == "65", PATIENCE)
    until(lambda: _state(rest, f"{orders}/{stop}") == "STATE_CANCELED", PATIENCE)


def _run(rest: Rest) -> None:
    """Run to the end, stopped, failed, and one at work so slowly that it stands still."""
    steady = {"strategy_id": "steady", "instrument_id": "MSFT", "timeframe": "1d"}
    _start(rest, "finished", SMA_CROSS, 0)
    stopped = _start(rest, "stopped", steady, 20, end=False)
    _start(rest, "failed", steady | {"parameters": {"fail_at": "9"}}, 0)
    until(lambda: int(_run_of(rest, stopped)["bar_count"]) > 10, PATIENCE)
    rest.post(f"/v1/runs/{stopped}:stop")
    _ended(rest, f"/v1/runs/{stopped}", "run")
    slow = _start(rest, "at work", steady, 0.01, end=False)
    until(lambda: int(_run_of(rest, slow)["bar_count"]) >= 1, PATIENCE)


def _start(rest: Rest, name: str, terms: Json, pace: float, *, end: bool = True) -> str:
    replay = YEAR | {"bars_per_second": pace}
    run = terms | {"account_id": _account(rest, name), "replay": replay}
    run_id = str(_made(rest.post("/v1/runs", run=run), "run")["run_id"])
    if end:
        _ended(rest, f"/v1/runs/{run_id}", "run")
    return run_id


def _run_of(rest: Rest, run_id: str) -> Json:
    found: Json = rest.get(f"/v1/runs/{run_id}").json["run"]
    return found


def _account(rest: Rest, name: str) -> str:
    wanted = {"display_name": name, "capital": "100000"}
    return str(_made(rest.post("/v1/accounts", account=wanted), "account")["account_id"])


def _made(answer: Any, key: str) -> Json:
    assert answer.status == 200, answer.json
    made: Json = answer.json[key]
    return made


def _ended(rest: Rest, path: str, key: str) -> None:
    until(lambda: rest.get(path).json[key]["state"] in ENDED, PATIENCE)


def _state(rest: Rest, path: str) -> str:
    return str(rest.get(path).json["order"]["state"])


def hurry(rest: Rest) -> None:
    """Orders on their way and a run in full swing: what a crash finds."""
    orders = f"/v1/accounts/{_account(rest, 'killed')}/orders"
    order = {"instrument_id": "AAPL"} | ORDERS[1]
    _start(rest, "killed at work", SMA_CROSS, 50, end=False)
    for _ in range(20):
        rest.post(orders, order=order)
