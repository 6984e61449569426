"""TAB in real shells: commands, options, and names that the platform knows."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from apps.cli.completing import OFFERS
from apps.cli.main import NOUNS, TOOLS

BIN = Path(sys.executable).parent
SECONDS = 60
ZSH = "PS1='> '; autoload -Uz compinit && compinit -u -D; source <(trademesh completion zsh)\n"
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")

# Those that this machine has. Bash is everywhere.
SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]


@pytest.fixture
def environment(house, monkeypatch) -> dict[str, str]:
    """A shell's, with the platform of this test at its address."""
    house.answers(
        "strategies.StrategyService/ListStrategies",
        {"strategies": [{"strategy_id": "sma-cross"}, {"strategy_id": "steady"}]},
    )
    house.answers(
        "market_data.MarketDataService/ListInstruments",
        {"instruments": [{"instrument_id": "AAPL.XNAS", "name": "Apple Inc."}]},
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith("TRADEMESH_")}
    return own | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TRADEMESH_ADDRESS": house.address,
        "TRADEMESH_TOKEN": "a-token",
        "TERM": "xterm",
    }


def in_bash(lines: Sequence[str], environment: dict[str, str]) -> list[list[str]]:
    """What bash offers behind each of these lines."""
    script = "source <(trademesh completion bash)\n"
    for line in lines:
        *words, begun = line.split(" ")
        typed = " ".join(f"'{word}'" for word in [*words, begun])
        script += f"COMP_WORDS=({typed}); COMP_CWORD={len(words)}; COMPREPLY=()\n"
        script += "_trademesh_completion trademesh; echo ${COMPREPLY[@]}\n"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stderr == ""
    return [offered.split() for offered in done.stdout.splitlines()]


def bash_offers(line: str, word: str, environment: dict[str, str]) -> bool:
    return word in in_bash([line], environment)[0]


def fish_offers(line: str, word: str, environment: dict[str, str]) -> bool:
    script = f"trademesh completion fish | source; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return word in [offer.split("\t")[0] for offer in done.stdout.splitlines()]


def zsh_offers(line: str, word: str, environment: dict[str, str]) -> bool:
    """Whether the word stands on the line of an interactive zsh after a TAB."""
    terminal, its_end = pty.openpty()
    zsh = subprocess.Popen(
        ["zsh", "-f", "-i"],
        env=environment,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    try:
        seen = _shows(terminal, ZSH + "echo re''ady\n", "ready")
        return seen and _shows(terminal, f"{line}\t", word)
    finally:
        zsh.kill()
        zsh.wait()
        os.close(terminal)


def _shows(terminal: int, keys: str, awaited: str) -> bool:
    """Types, and reads until it is there."""
    os.write(terminal, keys.encode())
    shown, deadline = "", time.monotonic() + SECONDS
    while awaited not in _COLOURS.sub("", shown):
        if time.monotonic() > deadline:
            return False
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    return True


OFFER: dict[str, Callable[[str, str, dict[str, str]], bool]] = {
    "bash": bash_offers,
    "zsh": zsh_offers,
    "fish": fish_offers,
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("trademesh backt", "backtest"),
        ("trademesh strategy show sma", "sma-cross"),
        ("trademesh data check AAP", "AAPL.XNAS"),
    ],
)
def test_a_shell_completes(shell, line, word, environment):
    assert OFFER[shell](line, word, environment)


def test_everything_is_offered_behind_the_name(environment):
    offered = set(in_bash(["trademesh "], environment)[0])
    assert {*NOUNS, *TOOLS, "up", "status"} <= offered


def test_options_and_values_are_completed(environment):
    wanted = {
        "trademesh order list --acc": "--account",
        "trademesh explain order.lim": "order.limit_price",
        "trademesh config set log": "log_level",
        "trademesh api call orders.OrderService/Pl": "orders.OrderService/PlaceOrder",
        "trademesh backtest run sma-cross --timeframe 1": "1d",
        "trademesh completion z": "zsh",
    }
    offered = in_bash(list(wanted), environment)
    assert [w for w, words in zip(wanted.values(), offered, strict=True) if w not in words] == []


def test_a_platform_that_is_not_there_offers_nothing_and_says_nothing(environment):
    nobody = environment | {"TRADEMESH_ADDRESS": "127.0.0.1:1"}
    assert in_bash(["trademesh strategy show s"], nobody) == [[]]


def test_what_is_offered_belongs_to_arguments_that_exist():
    from tests.unit.cli.tree import ALL

    names = {parameter.name for command in ALL.values() for parameter in command.params}
    assert set(OFFERS) <= names


def test_the_script_is_never_json_unless_it_was_asked_for(cli):
    assert "_trademesh_completion" in cli("completion", "bash").out.splitlines()[0]
