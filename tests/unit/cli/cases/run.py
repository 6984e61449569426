"""`trademesh run`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, invalid, not_found, refused_now
from tests.unit.cli.filled import filled, page

_SERVICE = "strategies.RunService"
_RUN = {"run": filled("strategies.Run")}
_ENDED = {"run": filled("strategies.Run", state="STATE_FINISHED")}
_START = "sma-cross --paper -i AAPL --account acc_1"
_PROGRESS = {"progress": filled("strategies.ReplayProgress")}
_REPLAYED = filled(
    "strategies.RunReplay",
    account_hash="ab12",
    replayed_account_hash="ab12",
)

CASES = {
    "run start": Case(
        _START,
        answers={f"{_SERVICE}/StartRun": _RUN},
        refused=Refused(7, _START, refused_now("ACCOUNT_BUSY", f"{_SERVICE}/StartRun")),
    ),
    "run list": Case(
        "--active",
        answers={f"{_SERVICE}/ListRuns": page("runs", "strategies.Run")},
        refused=Refused(5, answers={f"{_SERVICE}/ListRuns": EXPIRED}),
    ),
    "run show": Case(
        "run_1",
        answers={f"{_SERVICE}/GetRun": _RUN},
        refused=Refused(3, "run_2", not_found("RUN_NOT_FOUND", f"{_SERVICE}/GetRun")),
    ),
    "run watch": Case(
        "run_1",
        answers={f"{_SERVICE}/WatchRun": [_RUN, _ENDED]},
        refused=Refused(
            11,
            "run_1",
            {f"{_SERVICE}/WatchRun": [{"run": _RUN["run"] | {"state": "STATE_FAILED"}}]},
        ),
    ),
    "run pause": Case(
        "run_1",
        answers={f"{_SERVICE}/PauseRun": _RUN},
        refused=Refused(7, "run_1", refused_now("RUN_PAUSED_ALREADY", f"{_SERVICE}/PauseRun")),
    ),
    "run resume": Case(
        "run_1",
        answers={f"{_SERVICE}/ResumeRun": _RUN},
        refused=Refused(7, "run_1", refused_now("RUN_NOT_PAUSED", f"{_SERVICE}/ResumeRun")),
    ),
    "run stop": Case(
        "run_1 --yes",
        answers={f"{_SERVICE}/StopRun": _RUN},
        refused=Refused(7, "run_1 --yes", refused_now("RUN_ENDED", f"{_SERVICE}/StopRun")),
    ),
    "run flatten": Case(
        "run_1 --yes",
        answers={f"{_SERVICE}/FlattenRun": filled("strategies.FlattenRunResponse")},
        refused=Refused(7, "run_1 --yes", refused_now("RUN_ENDED", f"{_SERVICE}/FlattenRun")),
    ),
    "run logs": Case(
        "run_1",
        answers={f"{_SERVICE}/ListRunLogs": page("run_logs", "strategies.RunLog")},
        refused=Refused(3, "run_2", not_found("RUN_NOT_FOUND", f"{_SERVICE}/ListRunLogs")),
    ),
    "run replay": Case(
        "run_1",
        answers={f"{_SERVICE}/ReplayRun": [_PROGRESS, {"replay": _REPLAYED}]},
        refused=Refused(
            13,
            "run_1",
            {f"{_SERVICE}/ReplayRun": [{"replay": _REPLAYED | {"verdict": "VERDICT_DIFFERENT"}}]},
            says="the first difference is at input",
        ),
    ),
    "run params set": Case(
        "run_1 fast=5 slow=20",
        answers={f"{_SERVICE}/SetRunParameters": _RUN},
        refused=Refused(
            4, "run_1 quick=5", invalid("UNKNOWN_PARAMETER", f"{_SERVICE}/SetRunParameters")
        ),
    ),
}
