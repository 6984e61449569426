"""What a person, or a program, sees while the platform starts, works and stops."""

import json
import sys
from typing import Protocol

from msgspec import Struct

from trademesh.backtests.v1.backtest_pb2 import Backtest


class Ready(Struct, frozen=True):
    """Where everything is, once all of it works."""

    rest: str
    grpc: str
    token_file: str
    data_dir: str
    demo_backtest: str | None
    demo_run: str | None


class Show(Protocol):
    """Told of each step of a start."""

    def step(self, text: str) -> None:
        """Something is done."""
        ...

    def progress(self, backtest: Backtest) -> None:
        """The demo's backtest moves."""
        ...

    def ready(self, ready: Ready) -> None:
        """All of it works."""
        ...

    def stopping(self) -> None:
        """Calls in flight end; the next start goes on from here."""
        ...


class HeadlessShow(Show):
    """For programs: one JSON line on stdout when ready, nothing else."""

    def step(self, text: str) -> None:
        pass

    def progress(self, backtest: Backtest) -> None:
        pass

    def ready(self, ready: Ready) -> None:
        line = {"ready": True} | {name: getattr(ready, name) for name in ready.__struct_fields__}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def stopping(self) -> None:
        pass


class TerminalShow(Show):
    """For people: a line a step, a bar for the backtest, then what to do next."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._console = Console()
        self._progress = Progress(
            TextColumn("  backtest {task.fields[day]}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("equity {task.fields[equity]}"),
            console=self._console,
        )

    def step(self, text: str) -> None:
        self._console.print(f"[green]✓[/] {text}", highlight=False)

    def progress(self, backtest: Backtest) -> None:
        done = backtest.progress
        if not self._progress.task_ids:
            self._progress.add_task("backtest", total=None, day="", equity="")
            self._progress.start()
        self._progress.update(
            self._progress.task_ids[0],
            completed=done.bar_count,
            total=done.total_bar_count or None,
            day=done.market_time.ToDatetime().date().isoformat() if done.bar_count else "",
            equity=done.equity,
        )
        if backtest.state not in {Backtest.STATE_QUEUED, Backtest.STATE_RUNNING}:
            self._progress.stop()

    def ready(self, ready: Ready) -> None:
        say = self._console.print
        say(f"\n[bold]trademesh is up[/] on {ready.rest}\n", highlight=False)
        for name, line in self._lines(ready):
            say(f"  {name:<8}", style="dim", end="", highlight=False)
            say(line, markup=False, highlight=False, soft_wrap=True)
        say("\nCtrl-C stops it; the next start goes on from here.", style="dim")

    def stopping(self) -> None:
        self._console.print("stopping: calls in flight end first", style="dim")

    @staticmethod
    def _lines(ready: Ready) -> list[tuple[str, str]]:
        shown = "trademesh backtest list"
        if ready.demo_backtest:
            shown = f"trademesh backtest show {ready.demo_backtest}"
        curl = f'curl -H "Authorization: Bearer $(cat {ready.token_file})"'
        python = (
            f"from apps.cli.client import Client; c = Client('{ready.grpc}', "
            f"open('{ready.token_file}').read().strip()); "
            "print(c.call('MarketDataService/ListInstruments', {}))"
        )
        return [
            ("CLI", f".venv/bin/{shown}"),
            ("curl", f"{curl} {ready.rest}/v1/backtests"),
            ("Python", f'.venv/bin/python -c "{python}"'),
            ("data", ready.data_dir),
        ]
