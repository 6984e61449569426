"""A parity report for people: both sides, the components, the decisions."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.cli.output.words import money_in_words, number_in_words, state_in_words, time_in_words

if TYPE_CHECKING:
    from rich.table import Table

Json = dict[str, Any]

_COMPONENTS = ("signal", "timing", "price", "quantity", "fee")
_MEANING = {
    "signal": "decided on one side only, or something else wanted",
    "timing": "decided or filled at another time",
    "price": "filled at another price at the same time",
    "quantity": "filled for more or less",
    "fee": "other fees",
}
_WIDTH, _HEIGHT = 200, 100


def write_parity(report: Json, rows: Sequence[Json]) -> None:
    """To stdout. Brings rich."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=_WIDTH, height=_HEIGHT)
    console.print(_sides(report))
    console.print()
    if report["is_equal"]:
        console.print(f"equal: all {int(report['decision_count']):,} decisions", style="green")
    else:
        console.print(_shares(report))
    for note in report["notes"]:
        console.print(f"note: {note}", style="yellow")
    if rows:
        console.print()
        console.print(_decisions(rows))


def _sides(report: Json) -> "Table":
    table = _table("", "left", "right")
    sides = report["left"], report["right"]
    table.add_row("record", *(f"{one['id']} ({_kind(one)})" for one in sides))
    table.add_row("decisions", *(f"{int(one['decision_count']):,}" for one in sides))
    table.add_row("result", *(money_in_words(one["result"]) for one in sides))
    table.add_row("of it fees", *(money_in_words(one["fees"]) for one in sides))
    span = f"{time_in_words(report['start_time'])} to {time_in_words(report['end_time'])}"
    table.add_row("compared", span, "")
    return table


def _kind(side: Json) -> str:
    return state_in_words(side["kind"]).lower()


def _shares(report: Json) -> "Table":
    table = _table("component", "decisions", report["currency"], "what it is", right=(1, 2))
    for name in _COMPONENTS:
        share = report[name]
        count, amount = f"{int(share['decision_count']):,}", money_in_words(share["amount"])
        table.add_row(name, count, amount, _MEANING[name])
    differing = int(report["decision_count"]) - int(report["equal_count"])
    table.add_row(
        "difference",
        f"{differing:,}",
        money_in_words(report["difference"]),
        f"left less right; {int(report['equal_count']):,} decisions are equal",
        style="bold",
    )
    return table


def _decisions(rows: Sequence[Json]) -> "Table":
    table = _table("no.", "left", "right", "difference", "why", right=(0, 3))
    for row in rows:
        table.add_row(
            f"{int(row['number']):,}",
            _order(row.get("left")),
            _order(row.get("right")),
            money_in_words(row["difference"]),
            "; ".join(_why(one) for one in row["differences"]),
        )
    return table


def _why(difference: Json) -> str:
    return f"{state_in_words(difference['component']).lower()}: {difference['text']}"


def _order(order: Json | None) -> str:
    if not order:
        return "–"
    words = [time_in_words(order["create_time"]), state_in_words(order["side"])]
    words.append(number_in_words(order["filled_quantity"]))
    if price := order.get("average_fill_price"):
        words.append(f"at {number_in_words(price)}")
    else:
        words.append(f"of {number_in_words(order['quantity'])}")
    return " ".join(words)


def _table(*titles: str, right: Sequence[int] = ()) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place in right else "left", overflow="fold")
    return table
