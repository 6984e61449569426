"""What a running platform holds: ids, names and figures that mean something to it."""

import random
import uuid

from tests.journeys.clients import Rest
from tests.journeys.conftest import Platform

STRATEGY = "from domain.strategies import Strategy\n\n\nclass Idle(Strategy):\n    pass\n"


class Known:
    """Values that mean something to the platform under test, by the name of the field."""

    def __init__(self, platform: Platform, rest: Rest) -> None:
        account = {"display_name": "hostile", "capital": "1000"}
        made = rest.post("/v1/accounts", account=account).json["account"]
        account_id: str = made["account_id"]
        order = {
            "instrument_id": "AAPL",
            "side": "SIDE_BUY",
            "quantity": "1",
            "order_type": "ORDER_TYPE_LIMIT",
            "limit_price": "1",
            "time_in_force": "TIME_IN_FORCE_GTC",
        }
        placed = rest.post(f"/v1/accounts/{account_id}/orders", order=order)
        imported = rest.post(
            "/v1/imports", **{"import": {"instrument_id": "H.XNAS", "timeframe": "1d"}}
        )
        rest.post("/v1/strategies", strategy_id="hostile", source=STRATEGY)
        exported = rest.post(
            "/v1/exports",
            export={"backtest_equity": {"backtest_id": platform.demo_backtest}},
        )
        halted = rest.post("/v1/accounts", account=account).json["account"]["account_id"]
        switch = {"account_id": halted, "mode": "MODE_HALT_NEW", "reason": "to be released"}
        pressed = rest.post("/v1/kill_switches", kill_switch=switch)
        page = rest.get("/v1/instruments", page_size=1).json["next_page_token"]
        stream = rest.lines(f"/v1/accounts/{account_id}:watch")
        self._texts: dict[str, tuple[str, ...]] = {
            "account_id": (account_id,),
            "order_id": (placed.json["order"]["order_id"],),
            "run_id": (platform.demo_run,),
            "backtest_id": (platform.demo_backtest,),
            "import_id": (imported.json["import"]["import_id"],),
            "export_id": (exported.json["export"]["export_id"],),
            "kill_switch_id": (pressed.json["kill_switch"]["kill_switch_id"],),
            "strategy_id": ("sma-cross", "buy-and-hold", "hostile"),
            "instrument_id": ("AAPL", "FB.XNAS", "H.XNAS", "NOPE.XNAS"),
            "timeframe": ("1d", "1m"),
            "quantity": ("1", "10", "0.5"),
            "limit_price": ("1.01", "1.001"),
            "stop_price": ("2", "2.005"),
            "cash": ("1000",),
            "capital": ("1000", "0.000000001"),
            "currency": ("USD",),
            "broker": ("paper",),
            "display_name": ("hostile",),
            "source": (STRATEGY, "raise SystemExit", "def"),
            "class_name": ("Idle", "Nobody"),
            "page_token": ("", "", "", page),
            "cursor": ("", "", "", next(iter(stream))["cursor"]),
            "version_id": ("",),
            "time_zone": ("", "America/New_York"),
        }

    def text(self, name: str, dice: random.Random) -> str:
        """One of them; empty where it knows none."""
        if name == "request_id":
            return str(uuid.UUID(int=dice.getrandbits(128), version=4))
        if name == "key":  # of a map of parameters
            return dice.choice(("fast", "slow", "quantity", "nobody"))
        return dice.choice(self._texts.get(name, ("",)))
