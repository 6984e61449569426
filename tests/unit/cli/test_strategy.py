"""The library, and files on their way into it."""

import ast
import json

import grpc
import pytest

from apps.cli.commands.strategy.writing import Template
from apps.cli.templates import class_name_of, source_of
from tests.unit.cli.filled import filled

GET = "strategies.StrategyService/GetStrategy"
GET_VERSION = "strategies.StrategyService/GetStrategyVersion"
VERSIONS = "strategies.StrategyService/ListStrategyVersions"
PUSH = "strategies.StrategyService/PushStrategy"
CREATE = "backtests.BacktestService/CreateBacktest"


def version(version_id, source):
    return filled("strategies.StrategyVersion", version_id=version_id, source=source)


@pytest.fixture
def library(house, tmp_path, monkeypatch):
    """`sma-cross` in two versions, and a file that differs from both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sma_cross.py").write_text("a = 1\nb = 3\n")
    old, new = version("sha256:1", "a = 1\n"), version("sha256:2", "a = 1\nb = 2\n")
    house.answers(GET, {"strategy": filled("strategies.Strategy", latest_version=new)})
    house.answers(VERSIONS, {"strategy_versions": [new, old]})
    house.answers(GET_VERSION, {"strategy_version": old})
    house.answers(PUSH, {"strategy_version": new})
    return house


def test_a_new_file_is_a_strategy_under_its_own_name(house, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = cli("strategy", "new", "my_breakout.py", "--template", "breakout", "-o", "json")

    source = (tmp_path / "my_breakout.py").read_text()
    (strategy,) = [each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)]
    assert strategy.name == "MyBreakout"
    assert json.loads(result.out) == {
        "file": "my_breakout.py",
        "class_name": "MyBreakout",
        "template": "breakout",
        "then": "trademesh backtest run my_breakout.py --instrument AAPL",
    }
    assert house.calls == []


@pytest.mark.parametrize("template", Template)
def test_every_template_says_what_it_does_and_what_to_change(template):
    source = source_of(template, "Mine")

    assert "MyStrategy" not in source
    assert ast.get_docstring(ast.parse(source).body[-1])
    assert source.count("# ") >= 2
    assert len(source.splitlines()[0]) < 100


def test_a_new_file_writes_over_nothing(house, cli, library, tmp_path):
    result = cli("strategy", "new", "sma_cross.py")

    assert result.code == 8
    assert "[FILE_EXISTS]" in result.err
    assert (tmp_path / "sma_cross.py").read_text() == "a = 1\nb = 3\n"


def test_a_dry_run_prints_the_file(house, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = cli("strategy", "new", "mine.py", "--dry-run")

    assert "class Mine(Strategy):" in result.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "code"), [("mine.txt", 2), ("mine", 2), ("no/such/folder/mine.py", 3)]
)
def test_a_file_that_cannot_be_is_refused(house, cli, tmp_path, monkeypatch, file, code):
    monkeypatch.chdir(tmp_path)
    assert cli("strategy", "new", file).code == code


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my_cross.py", "MyCross"),
        ("my-cross.py", "MyCross"),
        ("rsi2.py", "Rsi2"),
        ("2nd.py", "nd"),
        ("none.py", "MyStrategy"),
        ("12.py", "MyStrategy"),
        ("ünder.py", "Nder"),
    ],
)
def test_the_class_is_called_after_the_file(tmp_path, file, name):
    assert class_name_of(tmp_path / file) == name


def test_a_file_is_held_against_its_strategy_in_the_library(library, cli):
    result = cli("strategy", "diff", "sma_cross.py")

    assert library.requests(GET) == [{"strategy_id": "sma-cross"}]
    assert result.out.splitlines() == [
        "--- sma-cross@sha256:2",
        "+++ sma_cross.py",
        "@@ -1,2 +1,2 @@",
        " a = 1",
        "-b = 2",
        "+b = 3",
    ]


def test_a_name_alone_is_held_against_the_version_before(library, cli):
    out = cli("strategy", "diff", "sma-cross").out.splitlines()
    assert out[:2] == ["--- sma-cross@sha256:1", "+++ sma-cross@sha256:2"]
    assert out[-1] == "+b = 2"


def test_versions_are_named_by_the_start_of_their_hash(library, cli):
    out = cli("strategy", "diff", "sma-cross@sha256:1", "sma-cross").out.splitlines()

    assert out[-1] == "+b = 2"
    assert library.requests(GET_VERSION) == [{"strategy_id": "sma-cross", "version_id": "sha256:1"}]


def test_sources_that_are_equal_have_no_difference(library, cli):
    result = cli("strategy", "diff", "sma-cross", "sma-cross")
    assert (result.code, result.out, result.err) == (0, "", "no difference\n")


def test_a_difference_as_json(library, cli):
    found = json.loads(cli("strategy", "diff", "sma_cross.py", "-o", "json").out)
    assert found["equal"] is False
    assert found["diff"].endswith("-b = 2\n+b = 3")


def test_a_difference_has_colours_on_a_terminal(library, cli, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "\033[31m-b = 2\033[0m" in cli("strategy", "diff", "sma_cross.py").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in cli("strategy", "diff", "sma_cross.py").out


def test_the_only_version_has_none_before_it(library, cli):
    library.answers(VERSIONS, {"strategy_versions": [version("sha256:1", "")]})
    result = cli("strategy", "diff", "sma-cross")
    assert result.code == 3
    assert "one version only" in result.err


def test_versions_are_listed_and_shown(library, cli):
    assert cli("strategy", "show", "sma-cross", "--versions", "-o", "name").out == (
        "sha256:2\nsha256:1\n"
    )
    shown = cli("strategy", "show", "sma-cross", "--version", "sha256:1", "--source")
    assert shown.out == "a = 1\n"
    assert (
        json.loads(cli("strategy", "show", "sma-cross", "--version", "sha256:1").out)["version_id"]
        == "sha256:1"
    )


def test_archived_strategies_are_listed_on_request(house, cli):
    listed = "strategies.StrategyService/ListStrategies"
    house.answers(listed, {})

    cli("strategy", "list")
    cli("strategy", "list", "--archived")

    assert [each.get("show_archived") for each in house.requests(listed)] == [None, True]


def test_a_dry_run_of_a_file_pushes_nothing(library, cli, backtest):
    library.answers(CREATE, {"backtest": backtest})

    assert cli("backtest", "run", "sma_cross.py", "-i", "AAPL", "--dry-run").code == 0

    assert library.requests(PUSH)[0]["validate_only"] is True
    assert library.requests(CREATE)[0]["validate_only"] is True


@pytest.mark.parametrize("reason", ["STRATEGY_NOT_FOUND", "VERSION_NOT_FOUND"])
def test_a_file_the_library_does_not_have_is_checked_alone(library, cli, refusal, reason):
    library.answers(CREATE, refusal(grpc.StatusCode.NOT_FOUND, reason))

    result = cli("backtest", "run", "sma_cross.py", "-i", "AAPL", "--dry-run", "-o", "json")

    assert result.code == 0
    assert json.loads(result.out)["instrument_id"] == "AAPL"
    assert "the rest is checked once the library has it" in result.err


def test_a_dry_run_of_a_run_opens_no_account(library, cli, backtest):
    library.answers(CREATE, {"backtest": backtest})

    result = cli(
        *("run", "start", "sma-cross", "--paper", "-i", "AAPL", "--bars-per-second", "5"),
        *("--dry-run", "-o", "json"),
    )

    assert result.code == 0
    assert json.loads(result.out)["replay"]["bars_per_second"] == 5.0
    assert [call.name for call in library.calls] == [CREATE]
