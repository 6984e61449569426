"""`trademesh backtest compare`: figures side by side."""

from typing import Annotated, Any

import typer

from apps.cli.command import command, group
from apps.cli.failure import usage
from apps.cli.output.comparison import best_of, write_comparison
from apps.cli.output.formats import OutputFormat
from apps.cli.output.views import BACKTEST
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_MOST = 8


@command(
    app,
    "compare",
    example=(
        "trademesh backtest compare bt_… bt_…\n"
        "trademesh backtest compare $(trademesh backtest list -n 4 -o name) -o csv"
    ),
    prints="backtests.Backtest[]",
)
def compare(
    session: Session,
    backtests: Annotated[
        list[str], typer.Argument(metavar="BACKTEST...", help="bt_…; two of them to eight.")
    ],
) -> None:
    """Print the figures of up to eight backtests side by side, the best of each marked with *.

    As JSON and YAML: `backtests` as the API writes them, and `best`, the ids by figure.
    """
    chosen = list(dict.fromkeys(backtests))
    if not 1 < len(chosen) <= _MOST:
        raise usage(
            f"{len(chosen)} backtest{'' if len(chosen) == 1 else 's'}: two to {_MOST} are compared",
            hint="trademesh backtest list -o name",
        )
    found = [
        session.call("backtests.BacktestService/GetBacktest", {"backtest_id": each})["backtest"]
        for each in chosen
    ]
    if session.is_for_people and not session.fields:
        write_comparison(found)
    elif session.format in {OutputFormat.JSON, OutputFormat.YAML} and not session.fields:
        session.show({"backtests": found, "best": best_of(found)}, BACKTEST)
    else:
        session.show(found, BACKTEST)
