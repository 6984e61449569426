"""`trademesh report parity`: two records of a strategy, and why they part."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.output.formats import OutputFormat
from apps.cli.output.parity import write_parity
from apps.cli.output.report_views import PARITY_ROW
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_METHOD = "reports.ReportService/CompareParity"


@command(
    app,
    "parity",
    example=(
        "trademesh report parity run_… bt_…\n"
        "trademesh report parity run_… -o json\n"
        "trademesh report parity run_… bt_… --all -o csv"
    ),
)
def parity(
    session: Session,
    left: Annotated[str, typer.Argument(metavar="LEFT", help="run_… or bt_…")],
    right: Annotated[
        str,
        typer.Argument(metavar="[RIGHT]", help="run_… or bt_…; else the rehearsal of LEFT."),
    ] = "",
    show_all: Annotated[bool, typer.Option("--all", help="Decisions that are equal, too.")] = False,
    limit: options.Limit = 50,
) -> None:
    """Compare two records of a strategy, decision by decision.

    Splits what their results part by into signal, timing, price, quantity and fee. A run alone is
    compared with its rehearsal: the bars that it heard, told again in the market of a backtest.
    As JSON and YAML: `parity`, the whole report, and `rows`, the decisions.
    """
    request = {"left": left, "right": right, "show_equal": show_all}
    first = session.call(_METHOD, request | {"page_size": 1})  # the report comes with each page
    report = first["parity"]
    rows = session.listed(_METHOD, request, "rows", limit) if first["rows"] else []
    if session.is_for_people and not session.fields:
        write_parity(report, rows)
    elif session.format in {OutputFormat.JSON, OutputFormat.YAML} and not session.fields:
        session.show({"parity": report, "rows": rows}, PARITY_ROW)
    else:
        session.show(rows, PARITY_ROW)
