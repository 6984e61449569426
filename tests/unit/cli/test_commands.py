"""Each command: its JSON is that of its golden file, and its exit codes are what scripts expect.

`UPDATE_GOLDEN=1` writes the golden files anew; look at what changed before you keep them.
"""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from apps.cli.output.formats import OutputFormat
from apps.cli.shapes import MANY, message_of
from tests.unit.cli.cases import all_cases
from tests.unit.cli.tree import ALL

GOLDEN = Path(__file__).parent / "golden"
CASES = all_cases()


@pytest.fixture
def run(house, cli, tmp_path, monkeypatch):
    """Runs `name arguments` in a folder with the case's files, the platform answering as told."""
    monkeypatch.chdir(tmp_path)

    def run(name, arguments, answers, *more):
        case = CASES[name]
        for file, content in case.files.items():
            (tmp_path / file).write_text(content)
        if case.prepare:
            case.prepare(tmp_path, monkeypatch)
        for method, answer in answers.items():
            house.answers(method, answer)
        return cli(*name.split(), *shlex.split(arguments), *more)

    return run


def golden_file(name):
    return GOLDEN / f"{name.replace(' ', '_')}.json"


def test_every_command_has_a_case_and_every_case_a_command():
    assert set(CASES) == set(ALL)
    assert all(case.refused for case in CASES.values())


@pytest.mark.parametrize("name", sorted(name for name in CASES if CASES[name].golden))
def test_its_json_is_that_of_its_golden_file(run, tmp_path, name):
    case = CASES[name]
    result = run(name, case.arguments, case.answers, "-o", "json")

    assert result.code == case.code, result.err
    found = result.out.replace(str(tmp_path), "<folder>")
    for changing in case.changing:
        found = re.sub(changing, "<…>", found)
    if os.environ.get("UPDATE_GOLDEN"):
        golden_file(name).write_text(found)
    assert found == golden_file(name).read_text()


@pytest.mark.parametrize("name", sorted(name for name in CASES if CASES[name].golden))
def test_its_json_has_the_shape_it_declares(name):
    prints = getattr(ALL[name].callback, "prints", "")
    data = json.loads(golden_file(name).read_text()) if prints else None
    if isinstance(data, dict) and set(data) == {"backtests", "best"}:
        data = data["backtests"]
    if prints:
        assert isinstance(data, list) is prints.endswith(MANY)
        message = GetMessageClass(message_of(prints))
        for thing in data if isinstance(data, list) else [data]:
            ParseDict(thing, message())


@pytest.mark.parametrize("name", sorted(name for name in CASES if CASES[name].golden))
def test_it_writes_every_form(run, tmp_path, name):
    case = CASES[name]
    for form in sorted(set(OutputFormat) - {"json"}):
        before = set(tmp_path.iterdir())
        result = run(name, case.arguments, case.answers, "-o", form)

        assert result.code == case.code, f"{form}: {result.err}"
        assert "Traceback" not in result.err
        assert result.out, form
        for file in set(tmp_path.iterdir()) - before:
            if file.is_file():
                file.unlink()


@pytest.mark.parametrize("name", sorted(CASES))
def test_its_likely_refusal_has_its_exit_code_and_one_line_to_try(run, tmp_path, name):
    case = CASES[name]
    for there_already in ("aapl.csv", "fills.csv"):
        (tmp_path / there_already).touch()

    result = run(name, case.refused.arguments, case.refused.answers)

    assert result.code == case.refused.code, result.err
    assert case.refused.says in result.err
    assert result.hint.startswith("try: ")
    assert result.err.count("try: ") == 1


def test_every_golden_file_belongs_to_a_command():
    kept = {file.name for file in GOLDEN.iterdir()}
    assert kept == {golden_file(name).name for name in CASES if CASES[name].golden}
