"""`trademesh report`."""

from tests.unit.cli.cases.case import Case, Refused, invalid
from tests.unit.cli.filled import filled

_PARITY = "reports.ReportService/CompareParity"
_DIFFERENCE = {"component": "COMPONENT_TIMING", "text": "filled 1 d later", "amount": "12.50"}
_ROW = filled("reports.ParityRow", differences=[_DIFFERENCE])
_REPORT = {"parity": filled("reports.Parity", notes=[], is_equal=False), "rows": [_ROW]}

CASES = {
    "report parity": Case(
        "run_1 bt_1",
        answers={_PARITY: _REPORT},
        refused=Refused(4, "acc_1 bt_1", invalid("UNKNOWN_RECORD", _PARITY)),
    ),
}
