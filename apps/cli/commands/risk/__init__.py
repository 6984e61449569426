"""`trademesh risk`: what orders may not pass, and what stops them."""

from apps.cli.command import group
from apps.cli.commands.risk import kill, limits, trips

app = group()
app.add_typer(kill.app)
app.add_typer(trips.app)
app.add_typer(limits.app, name="limits", help="Get and set what orders may not pass.")
