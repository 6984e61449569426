"""`trademesh strategy`: the library, and files on their way into it."""

from apps.cli.command import group
from apps.cli.commands.strategy import comparing, library, writing

app = group()
for verbs in (library, writing, comparing):
    app.add_typer(verbs.app)
