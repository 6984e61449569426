"""Figures over a window that moves along the days."""

import numpy as np
import pytest

from domain.reports.benchmark import beta, capture, correlation
from domain.reports.compounding import compounded
from domain.reports.rolling import (
    rolling_beta,
    rolling_return,
    rolling_sharpe,
    rolling_sortino,
    rolling_volatility,
)
from domain.reports.statistics import sharpe, sortino, volatility

R, B = (np.random.default_rng(seed).normal(0.001, 0.01, 30).tolist() for seed in (1, 2))


def test_each_is_the_figure_of_its_window() -> None:
    rows = [
        (rolling_volatility(R, 7, 252), lambda part: volatility(part, 252)),
        (rolling_sharpe(R, 7, 252, 0.02), lambda part: sharpe(part, 252, 0.02)),
        (rolling_sortino(R, 7, 252, 0.02), lambda part: sortino(part, 252, 0.02)),
        (rolling_return(R, 7), compounded),
    ]
    for found, of in rows:
        assert found[:6] == [None] * 6
        assert found[6:] == [of(R[n : n + 7]) for n in range(24)]
    assert rolling_beta(R, B, 7)[6:] == [beta(R[n : n + 7], B[n : n + 7]) for n in range(24)]


def test_a_window_longer_than_the_days_says_nothing() -> None:
    assert rolling_sharpe(R[:3], 7, 252) == rolling_beta(R[:3], B[:3], 7) == [None] * 3
    assert rolling_return([], 7) == []


def test_the_benchmark_beside_numpy() -> None:
    assert correlation(R, B) == pytest.approx(np.corrcoef(R, B)[0, 1])
    assert beta(R, B) == pytest.approx(np.cov(R, B)[0, 1] / np.var(B, ddof=1))
    rose = np.array(B) > 0
    wanted = np.array(R)[rose].mean() / np.array(B)[rose].mean()
    assert capture(R, B, up=True) == pytest.approx(wanted)
    assert capture(R, [-0.01] * len(R), up=True) is None
