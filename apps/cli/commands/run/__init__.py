"""`trademesh run`: a strategy at work."""

from apps.cli.command import group
from apps.cli.commands.run import logs, params, reins, replaying, seeing, starting

app = group()
for verbs in (starting, seeing, reins, logs, replaying):
    app.add_typer(verbs.app)
app.add_typer(params.app, name="params", help="Change the parameters of a run.")
