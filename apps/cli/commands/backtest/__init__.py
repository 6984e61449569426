"""`trademesh backtest`: a strategy over history."""

from apps.cli.command import group
from apps.cli.commands.backtest import comparing, running, seeing

app = group()
for verbs in (running, seeing, comparing):
    app.add_typer(verbs.app)
