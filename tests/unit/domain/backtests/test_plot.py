"""The figure of a backtest: well-formed, said in words, true to the numbers."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from domain.backtests import BacktestResult, BacktestSpec, backtest, run_backtest
from domain.errors import InvalidRequest
from domain.instruments import Instruments
from domain.strategies import Bar, Context, Strategy
from tests.builders import AAPL, MSFT, a_walk, an_instrument
from tests.unit.domain.backtests.strategies import SmaCross

WALK = a_walk(400, seed=11)
COLUMNS = {
    "time": WALK.ts, "open": WALK.open, "high": WALK.high, "low": WALK.low,
    "close": WALK.close, "volume": WALK.volume,
}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return backtest(SmaCross(fast=3, slow=9), COLUMNS, cash=50_000)


def drawn(result: BacktestResult, **options: str) -> ElementTree.Element:
    return ElementTree.fromstring(result.plot(**options).svg)


def of_kind(page: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in page if one.get("class") == kind]


def words(page: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in page.iter(f"{SVG}text")]


def test_who_cannot_see_it_hears_what_it_shows(result: BacktestResult) -> None:
    page = drawn(result)
    assert page.get("role") == "img"
    assert page.findtext(f"{SVG}title") == f"Backtest of {AAPL}, 2014-06-09 to 2014-06-09"
    told = page.findtext(f"{SVG}desc") or ""
    assert f"from 50,000.00 to {result.final_equity:,.2f}" in told
    assert f"{result.fill_count} fills" in told


def test_every_fill_has_its_mark_at_its_price(result: BacktestResult) -> None:
    page = drawn(result)
    marks = [*of_kind(page, "buy"), *of_kind(page, "sell")]
    assert len(marks) == result.fill_count > 10
    bought = [one for one in result.fills if one.side.name == "BUY"]
    heights = [float(re.split("[ l]", one.get("d", ""))[1]) for one in of_kind(page, "buy")]
    by_price = sorted(zip((float(one.price) for one in bought), heights, strict=True))
    assert [height for _, height in by_price] == sorted(heights, reverse=True)
    told = of_kind(page, "buy")[0].findtext(f"{SVG}title")
    assert told == f"{bought[0].time:%Y-%m-%d %H:%M}: bought 100 at {bought[0].price}"


def test_a_price_that_grew_many_times_is_drawn_by_its_logarithm() -> None:
    closes = 2.0 ** (np.arange(101) / 10)  # a doubling every ten bars
    columns = dict.fromkeys(("open", "high", "low", "close"), closes)
    result = backtest(Strategy(), {AAPL: columns | {"ts": WALK.ts[:101]}})
    page = drawn(result)
    assert f"{AAPL}, logarithmic, ▲ bought ▼ sold" in words(page)
    assert {"1", "10", "100", "1,000"} <= set(words(page))
    (line,) = of_kind(page, "price")
    heights = [float(pair.split(",")[1]) for pair in line.get("d", "M")[1:].split()]
    assert np.ptp(np.diff(heights)) < 0.2, "equal growth is equally steep"


def test_it_says_where_equity_ended_and_how_deep_it_fell(result: BacktestResult) -> None:
    said = words(drawn(result))
    assert f"{result.final_equity:,.2f}" in said
    assert f"deepest {result.equity.drawdown.min() * 100:.2f}%" in said


def test_the_axis_says_times_of_the_day_for_a_day_of_minutes(result: BacktestResult) -> None:
    assert {"2014-06-09 14:00", "2014-06-09 19:00"} <= set(words(drawn(result)))


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_it_follows_the_theme(result: BacktestResult, theme: str) -> None:
    style = drawn(result, theme=theme).findtext(f"{SVG}style") or ""
    assert ("prefers-color-scheme:dark" in style) == (theme == "auto")
    assert ("#0d1117" in style) == (theme != "light")
    assert (".bg{fill:#fff}" in style) == (theme != "dark")


def test_nothing_in_it_comes_from_elsewhere(result: BacktestResult) -> None:
    figure = result.plot().svg.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|url\(|<script|@import", figure)


def test_one_of_several_instruments_is_chosen_by_name() -> None:
    class Both(Strategy):
        def on_bar(self, bar: Bar, ctx: Context) -> None:
            if ctx.position(bar.instrument_id) == 0:
                ctx.buy(bar.instrument_id, 1)

    result = backtest(Both(), {AAPL: COLUMNS, MSFT: COLUMNS})
    assert f"{AAPL}, ▲ bought ▼ sold" in words(drawn(result))
    page = drawn(result, instrument_id=MSFT)
    assert f"{MSFT}, ▲ bought ▼ sold" in words(page)
    assert len(of_kind(page, "buy")) == 1


def test_without_bars_at_hand_there_is_equity_and_no_price() -> None:
    spec = BacktestSpec(SmaCross(), Instruments([an_instrument()]), 10**12)
    page = drawn(run_backtest(spec, {AAPL: [WALK]}))
    assert of_kind(page, "equity")
    assert not of_kind(page, "price")


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_backtest_has_a_figure(count: int) -> None:
    result = backtest(Strategy(), {AAPL: {name: one[:count] for name, one in COLUMNS.items()}})
    assert of_kind(drawn(result), "equity")


@pytest.mark.parametrize(
    ("options", "field"), [({"theme": "blue"}, "theme"), ({"instrument_id": "X"}, "instrument_id")]
)
def test_what_cannot_be_drawn_is_refused(
    result: BacktestResult, options: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        result.plot(**options)
    assert list(refused.value.violations) == [field]


def test_a_long_backtest_has_a_small_figure_that_keeps_its_extremes() -> None:
    walk = a_walk(50_000, seed=5, step=0.01)
    columns = {name: getattr(walk, name) for name in ("ts", "open", "high", "low", "close")}
    result = backtest(Strategy(), {AAPL: columns})
    page = drawn(result)
    (line,) = of_kind(page, "price")
    heights = [float(pair.split(",")[1]) for pair in line.get("d", "M")[1:].split()]
    assert len(heights) < 1000
    assert len(result.plot().svg) < 60_000
    # The price panel spans from the lowest close to the highest, with a little room.
    whole = np.ptp(walk.close) * 1.08
    assert max(heights) - min(heights) == pytest.approx(230 * np.ptp(walk.close) / whole, abs=0.2)


def test_what_a_notebook_shows(result: BacktestResult) -> None:
    shown = ElementTree.fromstring(result._repr_html_())
    table = {row[0].text: row[1].text for row in shown.iter("tr")}
    assert table["Equity at the end"] == f"{result.final_equity:,.2f}"
    assert table["Round trips"] == str(result.statistics.trade_count)
    assert shown.find(f"{SVG}svg") is not None
    assert result.plot()._repr_svg_() == str(result.plot()) == result.plot().svg


def test_what_print_shows(result: BacktestResult) -> None:
    lines = dict(re.split(r"\s{2,}", line) for line in str(result).splitlines())
    assert lines["Cash at the start"] == "50,000.00"
    assert lines["Return"].endswith("%")
    assert result.result_hash[:12] in repr(result)


def test_what_is_undefined_is_a_dash() -> None:
    idle = backtest(Strategy(), {AAPL: COLUMNS})
    lines = dict(re.split(r"\s{2,}", line) for line in str(idle).splitlines())
    assert lines["Won"] == lines["Profit factor"] == lines["Sharpe"] == "–"
