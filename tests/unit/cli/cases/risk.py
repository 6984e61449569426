"""`trademesh risk`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, invalid, not_found, refused_now
from tests.unit.cli.filled import filled, page

_SERVICE = "orders.RiskService"
_ACCOUNTS = {"orders.AccountService/ListAccounts": page("accounts", "orders.Account")}
_LIMITS = {"risk_limits": filled("orders.ScopedLimits")}
_GET = {f"{_SERVICE}/GetRiskLimits": _LIMITS}

_KILLS = "orders.KillSwitchService"
_SWITCH = {"kill_switch": filled("orders.KillSwitch")}
_THE_SWITCH = {f"{_KILLS}/GetKillSwitch": _SWITCH}

CASES = {
    "risk limits get": Case(
        "--account acc_1 --instrument AAPL.XNAS",
        answers=_GET,
        refused=Refused(5, answers={f"{_SERVICE}/GetRiskLimits": EXPIRED}),
    ),
    "risk limits set": Case(
        "max_daily_loss=1000 restricted=true max_orders_per_second=5 max_drawdown=",
        answers=_GET | {f"{_SERVICE}/SetRiskLimits": _LIMITS},
        refused=Refused(
            4, "max_daily_loss=-1", _GET | invalid("NOT_POSITIVE", f"{_SERVICE}/SetRiskLimits")
        ),
    ),
    "risk limits list": Case(
        "--account acc_1",
        answers={f"{_SERVICE}/ListRiskLimits": page("risk_limits", "orders.ScopedLimits")},
        refused=Refused(5, answers={f"{_SERVICE}/ListRiskLimits": EXPIRED}),
    ),
    "risk limits history": Case(
        answers={
            f"{_SERVICE}/ListRiskLimitChanges": page("risk_limit_changes", "orders.RiskLimitChange")
        },
        refused=Refused(5, answers={f"{_SERVICE}/ListRiskLimitChanges": EXPIRED}),
    ),
    "risk status": Case(
        answers=_ACCOUNTS
        | {
            f"{_SERVICE}/GetRiskStatus": {"risk_status": filled("orders.RiskStatus")},
            f"{_KILLS}/ListKillSwitches": page("kill_switches", "orders.KillSwitch"),
        },
        refused=Refused(3, "acc_9", not_found("ACCOUNT_NOT_FOUND", f"{_SERVICE}/GetRiskStatus")),
    ),
    "risk trips": Case(
        "--all",
        answers={f"{_SERVICE}/ListRiskTrips": page("risk_trips", "orders.RiskTrip")},
        refused=Refused(5, answers={f"{_SERVICE}/ListRiskTrips": EXPIRED}),
    ),
    "risk release": Case(
        "trip_1 --reason fine",
        answers={f"{_SERVICE}/ReleaseRiskTrip": {"risk_trip": filled("orders.RiskTrip")}},
        refused=Refused(
            7,
            "trip_1 --reason fine",
            refused_now("TRIP_RELEASED", f"{_SERVICE}/ReleaseRiskTrip"),
        ),
    ),
    "risk kill": Case(
        "--mode cancel-all --reason odd",
        answers={f"{_KILLS}/PressKillSwitch": _SWITCH},
        refused=Refused(
            3,
            "--strategy none",
            not_found("STRATEGY_NOT_FOUND", f"{_KILLS}/PressKillSwitch"),
        ),
    ),
    "risk unkill": Case(
        "kill_1 --reason fine",
        answers=_THE_SWITCH | {f"{_KILLS}/ReleaseGlobalKillSwitch": _SWITCH},
        refused=Refused(
            7,
            "kill_1 --reason fine",
            _THE_SWITCH | refused_now("KILL_SWITCH_RELEASED", f"{_KILLS}/ReleaseGlobalKillSwitch"),
        ),
    ),
    "risk switches": Case(
        "--all",
        answers={f"{_KILLS}/ListKillSwitches": page("kill_switches", "orders.KillSwitch")},
        refused=Refused(5, answers={f"{_KILLS}/ListKillSwitches": EXPIRED}),
    ),
}
