"""`trademesh order`: place, see and change orders."""

from apps.cli.command import group
from apps.cli.commands.order import changing, placing, seeing, watching

app = group()
for verbs in (placing, seeing, changing, watching):
    app.add_typer(verbs.app)
