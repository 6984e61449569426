"""`trademesh strategy`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, invalid, not_found, refused_now
from tests.unit.cli.filled import filled, page

_SERVICE = "strategies.StrategyService"
_STRATEGY = {"strategy": filled("strategies.Strategy")}
_VERSION = {"strategy_version": filled("strategies.StrategyVersion")}
_FILE = {"mine.py": "class SmaCross(Strategy):\n    ...\n"}
_UNKNOWN = not_found("STRATEGY_NOT_FOUND", f"{_SERVICE}/GetStrategy", strategy_id="sma-cros") | {
    f"{_SERVICE}/ListStrategies": page("strategies", "strategies.Strategy")
}

CASES = {
    "strategy list": Case(
        answers={f"{_SERVICE}/ListStrategies": page("strategies", "strategies.Strategy")},
        refused=Refused(5, answers={f"{_SERVICE}/ListStrategies": EXPIRED}),
    ),
    "strategy show": Case(
        "sma-cross",
        answers={f"{_SERVICE}/GetStrategy": _STRATEGY},
        refused=Refused(3, "sma-cros", _UNKNOWN, says="sma-cross; did you mean that?"),
    ),
    "strategy archive": Case(
        "sma-cross --yes",
        answers={f"{_SERVICE}/ArchiveStrategy": _STRATEGY},
        refused=Refused(
            7, "sma-cross -y", refused_now("STRATEGY_AT_WORK", f"{_SERVICE}/ArchiveStrategy")
        ),
    ),
    "strategy new": Case(
        "my_cross.py", refused=Refused(8, "mine.py", says="FILE_EXISTS"), files=_FILE
    ),
    "strategy validate": Case(
        "mine.py",
        answers={f"{_SERVICE}/PushStrategy": _VERSION},
        files=_FILE,
        refused=Refused(
            13, "mine.py", invalid("STRATEGY_DOES_NOT_IMPORT", f"{_SERVICE}/PushStrategy")
        ),
    ),
    "strategy push": Case(
        "mine.py --name mine",
        answers={f"{_SERVICE}/PushStrategy": _VERSION},
        files=_FILE,
        refused=Refused(
            4, "mine.py", invalid("STRATEGY_DOES_NOT_IMPORT", f"{_SERVICE}/PushStrategy")
        ),
    ),
    "strategy diff": Case(
        "mine.py",
        answers={f"{_SERVICE}/GetStrategy": _STRATEGY},
        files=_FILE,
        refused=Refused(3, "sma-cros mine.py", _UNKNOWN, says="sma-cross"),
    ),
}
