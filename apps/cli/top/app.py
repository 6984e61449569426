"""The screen. Brings textual: import it where the screen is shown."""

from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Label, Static

from apps.cli.failure import Failure
from apps.cli.output.views import Column, Kind
from apps.cli.output.words import RIGHT_ALIGNED, in_words
from apps.cli.session import Session
from apps.cli.top.board import Board
from apps.cli.top.feed import Feed

Json = dict[str, Any]

DRAW_EVERY = 0.25  # seconds

# Of each kind of thing what fits on 80 columns, the most telling first.
COLUMNS: dict[str, tuple[Column, ...]] = {
    "accounts": (
        Column("account", "display_name"),
        Column("broker", "broker"),
        Column("equity", "equity", Kind.MONEY),
        Column("cash", "cash", Kind.MONEY),
        Column("buying power", "buying_power", Kind.MONEY),
        Column("realised", "realised_pnl", Kind.MONEY),
    ),
    "positions": (
        Column("instrument", "instrument_id"),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("average", "average_price", Kind.NUMBER),
        Column("last", "last_price", Kind.NUMBER),
        Column("value", "market_value", Kind.MONEY),
        Column("unrealised", "unrealised_pnl", Kind.MONEY),
    ),
    "orders": (
        Column("instrument", "instrument_id"),
        Column("side", "side", Kind.STATE),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("type", "order_type", Kind.STATE),
        Column("limit", "limit_price", Kind.NUMBER),
        Column("stop", "stop_price", Kind.NUMBER),
        Column("state", "state", Kind.STATE),
    ),
    "runs": (
        Column("strategy", "strategy_id"),
        Column("instrument", "instrument_id"),
        Column("state", "state", Kind.STATE),
        Column("bars", "bar_count", Kind.COUNT),
        Column("of", "total_bar_count", Kind.COUNT),
        Column("market time", "market_time", Kind.TIME),
    ),
}
IDS = {
    "accounts": ("account_id",),
    "positions": ("account_id", "instrument_id"),
    "orders": ("account_id", "order_id"),
    "runs": ("run_id",),
}


class Confirm(ModalScreen[bool]):
    """Says what would happen, and waits for y or n."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, consequence: str) -> None:
        super().__init__()
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm"):
            yield Label(self._consequence)
            yield Label("y yes   n no", classes="quiet")

    def action_answer(self, agreed: bool) -> None:
        self.dismiss(agreed)


class Top(App[None]):
    """Accounts, positions, working orders and runs, live."""

    TITLE = "trademesh"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head { height: 1; background: $primary; color: $text; padding: 0 1; }
    .things { height: 1fr; border-top: solid $primary; border-title-color: $accent; }
    .things:focus { border-top: heavy $accent; }
    Confirm { align: center middle; }
    #confirm { width: 64; height: auto; padding: 1 2; background: $surface; }
    #confirm { border: heavy $warning; }
    .quiet { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("tab", "focus_next", "Next table"),
        Binding("z", "zoom", "Zoom"),
        Binding("c", "cancel", "Cancel order"),
        Binding("p", "pause", "Pause/resume run"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.board = Board()
        self._feed = Feed(session, self.board)
        self._drawn = -1
        self._things: dict[str, dict[str, Json]] = {name: {} for name in COLUMNS}

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        for name in COLUMNS:
            table: DataTable[Text] = DataTable(id=name, classes="things", cursor_type="row")
            table.border_title = name
            yield table
        yield Footer()

    def on_mount(self) -> None:
        for name, columns in COLUMNS.items():
            for column in columns:
                self._table(name).add_column(column.title, key=column.path)
        self._table("orders").focus()
        self._feed.start()
        self.set_interval(DRAW_EVERY, self._draw)
        self._draw()

    def on_unmount(self) -> None:
        self._feed.end()

    def action_zoom(self) -> None:
        """One table over the whole screen, and back."""
        if self.screen.maximized:
            self.screen.minimize()
        elif self.focused is not None:
            self.screen.maximize(self.focused)

    def action_cancel(self) -> None:
        """The order under the cursor, once somebody agreed."""
        order = self._chosen("orders")
        if order is None:
            self.notify("no order is chosen", severity="warning")
            return
        side = order["side"].removeprefix("SIDE_").lower()
        words = f"cancel the order to {side} {order['quantity']} {order['instrument_id']}?"
        request = {"account_id": order["account_id"], "order_id": order["order_id"]}
        self._ask(words, "orders.OrderService/CancelOrder", request)

    def action_pause(self) -> None:
        """The run under the cursor, or on with it."""
        run = self._chosen("runs")
        if run is None:
            self.notify("no run is chosen", severity="warning")
            return
        verb = "Resume" if run["state"] == "STATE_PAUSED" else "Pause"
        words = f"{verb.lower()} {run['strategy_id']} on {run['instrument_id']}?"
        self._ask(words, f"strategies.RunService/{verb}Run", {"run_id": run["run_id"]})

    def _ask(self, words: str, method: str, request: Json) -> None:
        def answered(agreed: bool | None) -> None:
            if agreed:
                self._call(method, request)

        self.push_screen(Confirm(words), answered)

    @work(thread=True)
    def _call(self, method: str, request: Json) -> None:
        done = method.rpartition("/")[2]
        try:
            self._session.call(method, request | {"request_id": self._session.request_id()})
        except Failure as failure:
            self.call_from_thread(self.notify, failure.message, title=done, severity="error")
        else:
            self.call_from_thread(self.notify, "done", title=done)

    def _draw(self) -> None:
        """Only what changed, so that cursor and scroll stay where they are."""
        if self._drawn == self.board.version:
            return
        self._drawn = self.board.version
        shown = self.board.snapshot()
        for name, things in shown.items():
            self._draw_table(name, things)
        counts = ", ".join(f"{len(things)} {name}" for name, things in shown.items())
        trouble = self.board.trouble
        words = f"[b red]{trouble}[/]" if trouble else counts
        self.query_one("#head", Static).update(f"[b]{self._session.address}[/]  {words}")

    def _draw_table(self, name: str, things: list[Json]) -> None:
        table, columns = self._table(name), COLUMNS[name]
        now = {"/".join(thing[part] for part in IDS[name]): thing for thing in things}
        before = self._things[name]
        for key in before.keys() - now.keys():
            table.remove_row(key)
        for key, thing in now.items():
            if key not in before:
                table.add_row(*(_cell(thing, column) for column in columns), key=key)
            elif thing != before[key]:
                for column in columns:
                    table.update_cell(key, column.path, _cell(thing, column), update_width=True)
        self._things[name] = now

    def _chosen(self, name: str) -> Json | None:
        table = self._table(name)
        if not table.is_valid_coordinate(table.cursor_coordinate):
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return self._things[name].get(str(key))

    def _table(self, name: str) -> "DataTable[Text]":
        found: DataTable[Text] = self.query_one(f"#{name}", DataTable)
        return found


def _cell(thing: Json, column: Column) -> Text:
    words = in_words(thing, column)
    loses = column.path.endswith("_pnl") and words.startswith("-")
    right = column.kind in RIGHT_ALIGNED
    return Text(words, style="red" if loses else "", justify="right" if right else "left")
