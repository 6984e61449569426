"""What stands on the screen: everything that is open, as the platform last told it."""

from threading import Lock
from typing import Any

Json = dict[str, Any]

ENDED_ORDERS = {
    "STATE_FILLED",
    "STATE_CANCELED",
    "STATE_EXPIRED",
    "STATE_REJECTED",
    "STATE_DENIED",
    "STATE_PRESUMED_ABSENT",
}
ENDED_RUNS = {"STATE_FINISHED", "STATE_STOPPED", "STATE_FAILED"}


class Board:
    """Written by the threads that listen, read by the one that draws. `version` counts changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.version = 0
        self.trouble = ""
        """Why nothing new comes; empty while all is well."""
        self._accounts: dict[str, Json] = {}
        self._positions: dict[tuple[str, str], Json] = {}
        self._orders: dict[tuple[str, str], Json] = {}
        self._runs: dict[str, Json] = {}

    def snapshot(self) -> dict[str, list[Json]]:
        """Accounts and runs as they came; positions by instrument; orders, the newest first."""
        with self._lock:
            orders = sorted(
                self._orders.values(), key=lambda order: order["create_time"], reverse=True
            )
            return {
                "accounts": list(self._accounts.values()),
                "positions": [self._positions[place] for place in sorted(self._positions)],
                "orders": orders,
                "runs": list(self._runs.values()),
            }

    def take_account_update(self, account_id: str, update: Json) -> None:
        """One message of WatchAccount."""
        with self._lock:
            if snapshot := update.get("snapshot"):
                self._forget(account_id)
                self._accounts[account_id] = snapshot["account"]
                for position in snapshot["positions"]:
                    self._take_position(account_id, position)
                for order in snapshot["open_orders"]:
                    self._take_order(account_id, order)
            elif account := update.get("account"):
                self._accounts[account_id] = account
            elif position := update.get("position"):
                self._take_position(account_id, position)
            elif order := update.get("order"):
                self._take_order(account_id, order)
            self._changed()

    def take_run(self, run: Json) -> None:
        """A run after a change; one that has ended goes."""
        with self._lock:
            if run["state"] in ENDED_RUNS:
                self._runs.pop(run["run_id"], None)
            else:
                self._runs[run["run_id"]] = run
            self._changed()

    def told(self, trouble: str) -> None:
        """Whether the platform answers now."""
        with self._lock:
            if trouble != self.trouble:
                self.trouble = trouble
                self._changed()

    def _take_position(self, account_id: str, position: Json) -> None:
        place = account_id, position["instrument_id"]
        if position["quantity"] in {"", "0"}:
            self._positions.pop(place, None)
        else:
            self._positions[place] = position

    def _take_order(self, account_id: str, order: Json) -> None:
        place = account_id, order["order_id"]
        if order["state"] in ENDED_ORDERS:
            self._orders.pop(place, None)
        else:
            self._orders[place] = order

    def _forget(self, account_id: str) -> None:
        for things in (self._positions, self._orders):
            for place in [place for place in things if place[0] == account_id]:
                del things[place]

    def _changed(self) -> None:
        self.version += 1
