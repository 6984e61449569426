"""What the documentation names is there: files, and the names it says are in them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

PATHS = sorted(set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", PAGE)))
NAMED = sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`[\s(]+`([\w.]+)(?:\(\))?`", PAGE)))


def inside_the_data_folder(path: str) -> bool:
    return path in {"bars/", "exports/", "keys/", "ticks/"}


@pytest.mark.parametrize("path", [path for path in PATHS if not inside_the_data_folder(path)])
def test_each_path_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_name_is_in_its_file(path, name):
    assert name in defined_in(ast.parse((ROOT / path).read_text("utf-8")))


def test_the_page_names_many_of_both():
    assert len(PATHS) > 35
    assert len(NAMED) > 15


def defined_in(tree: ast.Module) -> set[str]:
    """Functions, classes and methods as `Class.method`."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, _FUNCTIONS))
            names |= {node.name, *(f"{node.name}.{method.name}" for method in methods)}
        elif isinstance(node, _FUNCTIONS):
            names.add(node.name)
    return names


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
