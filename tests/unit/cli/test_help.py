"""Every command says what it does and shows how it is used."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from apps.cli.hints import BY_EXIT_CODE, BY_REASON
from apps.cli.main import NOUNS, build

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"


def commands() -> Iterator[tuple[str, object]]:
    tree = get_command(build(list(NOUNS)))
    for name, command in tree.commands.items():
        if name not in NOUNS:
            yield name, command
            continue
        for verb, leaf in command.commands.items():
            yield f"{name} {verb}", leaf


ALL = dict(commands())


def test_the_commands_are_these():
    assert sorted(ALL) == [
        "account create",
        "account list",
        "account show",
        "api call",
        "api describe",
        "api list",
        "backtest cancel",
        "backtest list",
        "backtest run",
        "backtest show",
        "backtest watch",
        "data catalog",
        "data import",
        "data instruments",
        "demo",
        "order cancel",
        "order list",
        "order replace",
        "order show",
        "order submit",
        "position list",
        "run list",
        "run show",
        "run start",
        "run stop",
        "run watch",
        "status",
        "strategy list",
        "strategy push",
        "strategy show",
        "strategy validate",
        "up",
        "version",
    ]


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_command_has_help_with_an_example_of_itself(cli, name):
    result = cli(*name.split(), "--help")

    assert result.code == 0
    assert "Example:\n" in result.out
    assert f"trademesh {name}" in result.out.partition("Example:")[2]


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_option_has_help(name):
    for parameter in ALL[name].params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_command_is_in_the_docs(name):
    assert f"`trademesh {name}" in DOCS.read_text()


@pytest.mark.parametrize("noun", NOUNS)
def test_each_noun_is_a_module_with_verbs(noun):
    assert import_module(f"apps.cli.commands.{noun}").app.registered_commands


@pytest.mark.parametrize("hint", sorted({*BY_REASON.values(), *BY_EXIT_CODE.values()}))
def test_hints_name_commands_that_exist(hint):
    for noun, verb in re.findall(r"trademesh ([a-z]+)(?: ([a-z]+))?", hint):
        assert noun in ALL or f"{noun} {verb}" in ALL, hint
