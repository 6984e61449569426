"""`trademesh reconciliation`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, not_found, refused_now
from tests.unit.cli.filled import filled, page

_SERVICE = "orders.ReconciliationService"
_ACCOUNTS = "orders.AccountService"

_ONE = {f"{_ACCOUNTS}/ListAccounts": page("accounts", "orders.Account")}
_BREAK = {"account_break": filled("orders.Break")}

CASES = {
    "reconciliation run": Case(
        answers=_ONE | {f"{_SERVICE}/Reconcile": filled("orders.ReconcileResponse")},
        refused=Refused(
            3, "--account acc_2", _ONE | not_found("ACCOUNT_NOT_FOUND", f"{_SERVICE}/Reconcile")
        ),
    ),
    "reconciliation list": Case(
        answers=_ONE
        | {
            f"{_SERVICE}/ListReconciliations": page("reconciliations", "orders.Reconciliation"),
        },
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
    "reconciliation breaks": Case(
        "--open",
        answers=_ONE | {f"{_SERVICE}/ListBreaks": page("breaks", "orders.Break")},
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
    "reconciliation show": Case(
        "brk_1",
        answers=_ONE | {f"{_SERVICE}/GetBreak": _BREAK},
        refused=Refused(3, "brk_2", _ONE | not_found("BREAK_NOT_FOUND", f"{_SERVICE}/GetBreak")),
    ),
    "reconciliation approve": Case(
        "brk_1 --reason known --yes",
        answers=_ONE | {f"{_SERVICE}/ApproveFix": _BREAK},
        refused=Refused(
            7,
            "brk_1 --reason known --yes",
            _ONE | refused_now("NO_FIX", f"{_SERVICE}/ApproveFix"),
        ),
    ),
    "reconciliation dismiss": Case(
        "brk_1 --reason known --yes",
        answers=_ONE | {f"{_SERVICE}/DismissBreak": _BREAK},
        refused=Refused(
            2,
            "brk_1 --reason known --no-input",
            _ONE | {f"{_SERVICE}/DismissBreak": _BREAK},
            says="nobody can be asked",
        ),
    ),
    "reconciliation watch": Case(
        answers=_ONE
        | {
            f"{_SERVICE}/WatchBreaks": [
                {"snapshot": {"breaks": []}, "cursor": "1"},
                {"account_break": filled("orders.Break"), "cursor": "2"},
            ]
        },
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
}
