"""What decides about orders reads no clock, draws nothing and starts nothing: a seed repeats it.

The simulation (tests/simulation) stands on this; so does the replay of a run.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("domain", "apps/orders", "apps/brokers")

FORBIDDEN_MODULES = {
    "time",
    "random",
    "secrets",
    "threading",
    "multiprocessing",
    "concurrent",
    "socket",
    "subprocess",
}
FORBIDDEN_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid1",
    "uuid4",
    "os.urandom",
    "os.getpid",
    "os.times",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.to_thread",
    "asyncio.sleep",
    "asyncio.get_event_loop",
    "asyncio.get_running_loop",
}
ALLOWED = {("apps/brokers/routing.py", "asyncio.ensure_future")}  # merges streams, decides nothing
FORBIDDEN_NAMES = {"run_in_executor", "call_soon_threadsafe", "perf_counter", "monotonic"}


def files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def flaws_of(source: str) -> list[str]:
    """What in a file would make a decision depend on more than its inputs."""
    tree = ast.parse(source)
    found = [flaw for node in ast.walk(tree) for flaw in _flaws_of(node)]
    return sorted(set(found))


def _flaws_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] in FORBIDDEN_MODULES:
                yield f"{node.lineno}: imports {alias.name}"
    elif isinstance(node, ast.ImportFrom):
        if (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            yield f"{node.lineno}: imports from {node.module}"
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in FORBIDDEN_CALLS or called.split(".")[-1] in FORBIDDEN_NAMES:
            yield f"{node.lineno}: calls {called}"
    elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
        line = getattr(node, "lineno", node.iter.lineno)
        yield f"{line}: goes through a set, whose order is nobody's"


def _is_set(expression: ast.expr) -> bool:
    if isinstance(expression, ast.Set | ast.SetComp):
        return True
    if isinstance(expression, ast.Call):
        return ast.unparse(expression.func) in ("set", "frozenset")
    return False


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_decision_depends_on_its_inputs_alone(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    flaws = flaws_of(path.read_text())
    assert [flaw for flaw in flaws if (name, flaw.split()[-1]) not in ALLOWED] == []


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from random import Random",
        "import concurrent.futures",
        "now = datetime.now(UTC)",
        "name = uuid.uuid4()",
        "await asyncio.sleep(1)",
        "task = asyncio.create_task(work())",
        "await loop.run_in_executor(None, work)",
        "for name in {1, 2}: pass",
        "names = [name for name in set(orders)]",
    ],
)
def test_the_check_finds_what_it_is_for(line: str) -> None:
    source = f"async def f():\n    {line}"
    assert len(flaws_of(source)) == 1


def test_a_pause_that_is_passed_in_is_no_flaw() -> None:
    assert flaws_of("async def f(pause=asyncio.sleep):\n    await pause(1)") == []
    assert flaws_of("for name in sorted({1, 2}): pass") == []
