"""Reports as people read them."""

from tests.unit.cli.cases.report import _PARITY, _REPORT, _ROW


def test_a_parity_report_says_which_component_differs_and_why(house, cli):
    house.answers(_PARITY, _REPORT)
    result = cli("report", "parity", "run_1", "bt_1", "-o", "table")
    assert result.code == 0, result.err
    for word in ("signal", "timing", "price", "quantity", "fee", "timing: filled 1 d later"):
        assert word in result.out
    assert house.requests(_PARITY)[0] == {"left": "run_1", "right": "bt_1", "page_size": 1}


def test_an_equal_report_says_so(house, cli):
    parity = _REPORT["parity"] | {"is_equal": True}
    house.answers(_PARITY, {"parity": parity, "rows": []})
    result = cli("report", "parity", "run_1", "-o", "table")
    assert "equal: all 3 decisions" in result.out
    assert len(house.requests(_PARITY)) == 1, "there are no rows to ask for"


def test_a_decision_of_one_side_leaves_the_other_empty(house, cli):
    alone = {name: value for name, value in _ROW.items() if name != "right"}
    house.answers(_PARITY, _REPORT | {"rows": [alone]})
    result = cli("report", "parity", "run_1", "bt_1", "-o", "table")
    assert "–" in result.out


def test_decisions_are_rows_of_a_csv(house, cli):
    house.answers(_PARITY, _REPORT)
    result = cli("report", "parity", "run_1", "bt_1", "--all", "-o", "csv")
    assert len(result.out.splitlines()) == 2
    assert house.requests(_PARITY)[-1]["show_equal"] is True
