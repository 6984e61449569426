"""Author's code: from a source text to a strategy, and from an exception to the line at fault."""

import builtins
import linecache
import sys
import traceback
from types import ModuleType

from domain.strategies import Strategy

MODULE = "author_strategy"
FILE = "<strategy>"
LONGEST_WORDS = 1000


class NotAStrategy(Exception):
    """The source cannot be used. `reason` is stable; `line` is 0 where none is to blame."""

    def __init__(self, reason: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.line = line


def strategy_class(source: str, class_name: str) -> type[Strategy]:
    """Runs the source as a module and finds its strategy. Raises NotAStrategy."""
    found = _strategies(_imported(source))
    if class_name:
        if class_name not in found:
            raise NotAStrategy(
                "STRATEGY_CLASS_NOT_FOUND",
                f"no class {class_name} that extends Strategy; there is {_names(found)}",
            )
        return found[class_name]
    if len(found) > 1:
        raise NotAStrategy(
            "STRATEGY_CLASS_AMBIGUOUS", f"name the class: the source defines {_names(found)}"
        )
    if not found:
        raise NotAStrategy("STRATEGY_CLASS_NOT_FOUND", "no class extends Strategy")
    return next(iter(found.values()))


def summary_of(strategy: type[Strategy]) -> str:
    """The first line of its docstring."""
    lines = (strategy.__dict__.get("__doc__") or "").strip().splitlines()
    # A dataclass without a docstring is given its signature for one.
    return "" if not lines or lines[0].startswith(f"{strategy.__name__}(") else lines[0]


def blame(error: BaseException, source: str) -> tuple[str, int]:
    """The error in words with the author's line, and the number of that line (0: not theirs)."""
    words = tellable("".join(traceback.format_exception_only(error)).strip().splitlines()[-1])
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return f"{words} (line {error.lineno or 0})", error.lineno or 0
    ours = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == FILE
    ]
    if not ours:
        return words, 0
    line = ours[-1]
    return f"{words} (line {line}: {tellable(_text(source, line))})", line


def tellable(text: str) -> str:
    """What fits into a message: an exception may say anything, and as much as it likes."""
    return text[:LONGEST_WORDS].encode(errors="backslashreplace").decode()


def _imported(source: str) -> ModuleType:
    # Kept in memory: nothing to clean up, and nothing beside it that it could import by accident.
    module = ModuleType(MODULE)
    module.__file__ = FILE
    sys.modules[MODULE] = module
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    try:
        code = builtins.compile(source, FILE, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - to run it is what this process is for
    except BaseException as error:
        words, line = blame(error, source)
        raise NotAStrategy("STRATEGY_DOES_NOT_IMPORT", words, line) from error
    return module


def _strategies(module: ModuleType) -> dict[str, type[Strategy]]:
    return {
        name: found
        for name, found in vars(module).items()
        if isinstance(found, type)
        and issubclass(found, Strategy)
        and found.__module__ == MODULE
        and not name.startswith("_")
    }


def _names(found: dict[str, type[Strategy]]) -> str:
    return ", ".join(sorted(found)) or "none"


def _text(source: str, line: int) -> str:
    lines = source.splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""
