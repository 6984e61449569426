"""Backtests side by side."""

import json

import pytest

from apps.cli.output.comparison import best_of

GET = "backtests.BacktestService/GetBacktest"


def with_figures(backtest_id, **figures):
    return {"backtest_id": backtest_id, "statistics": figures}


def test_the_best_is_the_most_of_what_is_good_and_the_least_of_what_is_bad():
    best = best_of(
        [
            with_figures("a", sharpe=1.5, max_drawdown=-0.2, volatility=0.1, final_equity="110"),
            with_figures("b", sharpe=0.5, max_drawdown=-0.1, volatility=0.2, final_equity="90"),
        ]
    )
    assert best == {
        "final_equity": ["a"],
        "sharpe": ["a"],
        "max_drawdown": ["b"],
        "volatility": ["a"],
    }


def test_equals_share_it_and_where_all_are_equal_none_is_best():
    three = [with_figures(each, sharpe=2.0, cagr=0.1) for each in ("a", "b")]
    three.append(with_figures("c", sharpe=1.0, cagr=0.1))
    assert best_of(three) == {"sharpe": ["a", "b"]}


@pytest.mark.parametrize("unset", [{}, {"sharpe": "NaN"}])
def test_what_cannot_be_computed_is_never_best(unset):
    found = best_of(
        [
            with_figures("a", sharpe=-1.0),
            with_figures("b", sharpe=-2.0),
            with_figures("c", **unset),
        ]
    )
    assert found == {"sharpe": ["a"]}


def test_infinity_is_more_than_anything():
    found = best_of(
        [with_figures("a", profit_factor="Infinity"), with_figures("b", profit_factor=9.0)]
    )
    assert found == {"profit_factor": ["a"]}


@pytest.fixture
def three(house, backtest):
    def answer(request):
        of_this = {"bt_1": 0.5, "bt_2": 1.5, "bt_3": -0.25}[request["backtest_id"]]
        figures = backtest["statistics"] | {"sharpe": of_this}
        return {
            "backtest": backtest | {"backtest_id": request["backtest_id"], "statistics": figures}
        }

    house.answers(GET, answer)
    return house


def test_a_table_has_a_column_each_and_marks_the_best(three, cli):
    lines = cli("backtest", "compare", "bt_1", "bt_2", "bt_3", "-o", "table").out.splitlines()

    assert lines[0].split() == ["Backtest", "bt_1", "bt_2", "bt_3"]
    (sharpe,) = [line.split() for line in lines if line.startswith("Sharpe")]
    assert sharpe == ["Sharpe", "0.50", "1.50", "*", "-0.25"]
    assert not any("Result hash" in line for line in lines)


def test_json_holds_the_backtests_and_the_best(three, cli):
    found = json.loads(cli("backtest", "compare", "bt_1", "bt_2", "-o", "json").out)
    assert [each["backtest_id"] for each in found["backtests"]] == ["bt_1", "bt_2"]
    assert found["best"] == {"sharpe": ["bt_2"]}


def test_the_same_one_twice_is_one(three, cli):
    assert cli("backtest", "compare", "bt_1", "bt_1").code == 2


@pytest.mark.parametrize("count", [1, 9])
def test_two_to_eight_are_compared(three, cli, count):
    result = cli("backtest", "compare", *(f"bt_{n}" for n in range(count)))

    assert result.code == 2
    assert "two to 8 are compared" in result.err
    assert three.calls == []
