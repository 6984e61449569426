"""`trademesh report`: what happened, and why it was not the same twice."""

from apps.cli.command import group
from apps.cli.commands.report import parity

app = group()
app.add_typer(parity.app)


@app.callback()
def _report() -> None:
    """A noun with one verb is a noun all the same."""
