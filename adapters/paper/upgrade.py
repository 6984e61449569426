"""Brings a book of an earlier release to the present schema."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from adapters.paper.balances import Balances, execution_of
from adapters.paper.tables import paper_orders, paper_reports
from domain.instruments import Instrument
from domain.simulation.fills import Resting
from ports.broker import ExecutionReport, ReportKind

_report_of = msgspec.msgpack.Decoder(ExecutionReport).decode
_resting_of = msgspec.msgpack.Decoder(Resting).decode
_instrument_of = msgspec.msgpack.Decoder(Instrument).decode


def count_balances(connection: Connection) -> None:
    """What each account holds, from the reports of the first schema, which kept no balances."""
    orders: dict[tuple[str, str, str], Any] = {
        (row.tenant, row.account_id, row.order_id): row
        for row in connection.execute(select(paper_orders))
    }
    reports = select(paper_reports).order_by(
        paper_reports.c.tenant, paper_reports.c.account_id, paper_reports.c.number
    )
    for row in connection.execute(reports).yield_per(1000):
        report = _report_of(row.report)
        if report.kind != ReportKind.FILLED:
            continue
        order = orders[row.tenant, row.account_id, report.order_id]
        columns = {"number": order.number, "instrument_id": order.instrument_id}
        executed = execution_of(report, columns, _resting_of(order.resting).side)
        balances = Balances({"tenant": row.tenant, "account_id": row.account_id})
        balances.book(connection, row.number, executed, _instrument_of(order.instrument))
