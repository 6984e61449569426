"""`trademesh data`: what is kept of the markets, how more comes in, and how it goes out."""

from apps.cli.command import group
from apps.cli.commands.data import exporting, importing, kept, watching

app = group()
for verbs in (kept, importing, exporting, watching):
    app.add_typer(verbs.app)
