"""`trademesh order`: place, see and change orders."""

from apps.cli.command import group
from apps.cli.commands.order import changing, grouping, groups, placing, seeing, watching

app = group()
for verbs in (placing, grouping, seeing, changing, watching):
    app.add_typer(verbs.app)
app.add_typer(groups.app, name="group", help="Orders that belong together.")
