"""The table of the indicators is that of the indicators."""

import re
from inspect import Parameter, signature
from math import isqrt
from pathlib import Path

import pytest

from domain.strategies import indicators

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "indicators.md").read_text("utf-8")
PEERS = (ROOT / "tests/unit/domain/strategies/test_indicators_equal_talib.py").read_text("utf-8")
ROWS = re.findall(
    r"^\| `(\w+)\((.*?)\)` \| (.*?) \| (.*?) ?\| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE
)
BY_NAME = {row[0]: row for row in ROWS}


def test_it_has_every_indicator_once() -> None:
    assert len(ROWS) == len(BY_NAME) == 50
    assert sorted(BY_NAME) == sorted(indicators.__all__)


@pytest.mark.parametrize("name", indicators.__all__)
def test_it_is_made_and_fed_as_the_table_says(name: str) -> None:
    _, made_with, takes, more, first, peers = BY_NAME[name]
    options = signature(getattr(indicators, name)).parameters
    told = [each for each in made_with.split(", ") if each]
    assert told == [shown(each) for each in options.values() if each.name != "decimals"]

    values = {key: each.default for key, each in options.items()}
    if "period" in values:
        values["period"] = 7
    made = getattr(indicators, name)(**values)
    assert made.warm_up == eval(first.replace("·", "*").replace("−", "-"), {"isqrt": isqrt}, values)

    assert names_in(takes) == [key.rstrip("_") for key in signature(made.update).parameters]
    attributes = {key for key in vars(made) if not key.startswith("_")}
    assert set(names_in(more)) == attributes - {"value", "warm_up"}
    assert names_in(peers)
    assert all(f'"{each}"' in PEERS for each in names_in(peers))


def shown(option: Parameter) -> str:
    return option.name if option.default is option.empty else f"{option.name}={option.default}"


def names_in(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)
