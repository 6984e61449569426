"""Every command says what it does and shows how it is used."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from apps.cli.hints import BY_EXIT_CODE, BY_REASON
from apps.cli.main import NOUNS
from tests.unit.cli.tree import ALL

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"


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


def test_the_docs_name_no_other_command():
    for line in re.findall(r"^\| `trademesh (.*?)`", DOCS.read_text(), re.MULTILINE):
        assert any(f"{line} ".startswith(f"{name} ") for name in ALL), line


@pytest.mark.parametrize("noun", NOUNS)
def test_each_noun_is_a_module_with_verbs(noun):
    app = import_module(f"apps.cli.commands.{noun}").app
    assert app.registered_commands or app.registered_groups


@pytest.mark.parametrize("hint", sorted({*BY_REASON.values(), *BY_EXIT_CODE.values()}))
def test_hints_name_commands_that_exist(hint):
    for noun, verb in re.findall(r"trademesh ([a-z]+)(?: ([a-z]+))?", hint):
        assert noun in ALL or f"{noun} {verb}" in ALL, hint
