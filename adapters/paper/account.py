"""One account at the paper broker: its exchange, and how what happens there is kept."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from adapters.paper.balances import Balances, broker_order_id, execution_of
from adapters.paper.tables import paper_markets, paper_orders, paper_reports
from adapters.sql.prepared import Prepared, inserting, updating
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderReplaced,
)
from domain.orders.order import Order
from domain.orders.records import AccountKey
from domain.simulation.exchange import Exchange
from domain.simulation.fees import Fees
from domain.simulation.fills import Resting
from ports.broker import (
    Ack,
    BrokerOrder,
    BrokerRejected,
    ExecutionReport,
    Found,
    ReportKind,
    Terms,
)

_pack = msgspec.msgpack.encode
_resting_of = msgspec.msgpack.Decoder(Resting).decode
_instrument_of = msgspec.msgpack.Decoder(Instrument).decode

_OURS = (
    paper_orders.c.tenant == bindparam("tenant"),
    paper_orders.c.account_id == bindparam("account_id"),
)
_WORKING = Prepared(
    select(paper_orders)
    .where(*_OURS, paper_orders.c.is_working == literal_column("1"))
    .order_by(paper_orders.c.place)
)
_NAMED = Prepared(
    select(paper_orders).where(*_OURS, paper_orders.c.order_id == bindparam("order_id"))
)
_LAST_NUMBER = Prepared(select(func.max(paper_orders.c.number).label("last")))
_LAST_PLACE = Prepared(select(func.max(paper_orders.c.place).label("last")))
_LAST_REPORT = Prepared(
    select(func.max(paper_reports.c.number).label("last")).where(
        paper_reports.c.tenant == bindparam("tenant"),
        paper_reports.c.account_id == bindparam("account_id"),
    )
)
_SHOWN = Prepared(
    select(paper_markets.c.ts).where(
        *(
            paper_markets.c[name] == bindparam(name)
            for name in ("tenant", "account_id", "market", "instrument_id")
        )
    )
)
_ADD_ORDER, _KEEP_ORDER = inserting(paper_orders), updating(paper_orders, "number")
_ADD_REPORT = inserting(paper_reports)
_shown = insert(paper_markets)
_KEEP_SHOWN = Prepared(
    _shown.on_conflict_do_update(
        index_elements=list(paper_markets.primary_key), set_={"ts": _shown.excluded.ts}
    ),
    [column.name for column in paper_markets.c],
)


class PaperAccount:
    """Built from the book, and good until a transaction fails: then it must be built anew.

    Each method runs inside the transaction that keeps what it does.
    """

    def __init__(
        self, connection: Connection, key: AccountKey, fees: Fees | None, volume_percent: int
    ) -> None:
        self._key = {"tenant": key.tenant, "account_id": key.account_id}
        self._balances = Balances(self._key)
        self._events: list[Event] = []
        self._instruments: dict[str, Instrument] = {}
        self._exchange = Exchange(
            self._events.append, self._instruments, fees=fees, volume_percent=volume_percent
        )
        self._rows: dict[int, dict[str, Any]] = {}
        self._shown: dict[tuple[str, str], int] = {}
        self.report_count: int = _last(connection, _LAST_REPORT, self._key)
        for row in _WORKING.rows(connection, **self._key):
            self._instruments[row.instrument_id] = _instrument_of(row.instrument)
            self._rows[row.number] = _columns(row)
        self._exchange.restore(_resting_of(row["resting"]) for row in self._rows.values())

    def submit(self, connection: Connection, order: BrokerOrder) -> Ack:
        """Takes the order, once."""
        row = _NAMED.row(connection, **self._key, order_id=order.order_id)
        if row is not None:
            return Ack(broker_order_id(row.number), row.submit_ts)
        number = _last(connection, _LAST_NUMBER, {}) + 1
        self._instruments[order.instrument.instrument_id] = order.instrument
        self._exchange.submit(order.ts, _exchange_order(number, order))
        self._rows[number] = {
            **self._key,
            "number": number,
            "order_id": order.order_id,
            "instrument_id": order.instrument.instrument_id,
            "instrument": _pack(order.instrument),
            "resting": b"",
            "place": _last(connection, _LAST_PLACE, {}) + 1,
            "is_working": 1,
            "submit_ts": order.ts,
        }
        _ADD_ORDER.run(connection, [self._rows[number]])
        self._keep(connection)
        return Ack(broker_order_id(number), order.ts)

    def cancel(self, connection: Connection, order_id: str, ts: int) -> None:
        """Takes the order out. Raises `BrokerRejected` when it does not rest here."""
        number = self._number(connection, order_id)
        if not self._exchange.cancel(ts, number):
            raise BrokerRejected("ORDER_ENDED")
        self._keep(connection)

    def replace(self, connection: Connection, order_id: str, terms: Terms, ts: int) -> None:
        """Gives the order other terms, once. Raises `BrokerRejected` when it does not rest here."""
        number = self._number(connection, order_id)
        if self._working_terms(number) == terms:
            return
        if not self._exchange.replace(
            ts, number, terms.quantity, terms.limit_price, terms.stop_price
        ):
            raise BrokerRejected("ORDER_ENDED")
        self._rows[number]["place"] = _last(connection, _LAST_PLACE, {}) + 1
        self._keep(connection)

    def find(self, connection: Connection, order_id: str) -> tuple[Found, ...]:
        """The order as the book has it."""
        row = _NAMED.row(connection, **self._key, order_id=order_id)
        if row is None:
            return ()
        terms = _terms(_resting_of(row.resting))
        return (Found(broker_order_id(row.number), bool(row.is_working), terms),)

    def pay_in(self, connection: Connection, deposit_id: str, amount: int) -> None:
        """Takes money in, once under that name."""
        self._balances.pay_in(connection, deposit_id, amount)

    def pass_by(self, market: str, bar: Bar) -> bool:
        """Lets a bar go that was shown before or that no order waits for; nothing has to be kept.

        Such a bar may be shown again after a crash: orders that come later do not look back.
        """
        place = (market, bar.instrument_id)
        if place not in self._shown:
            return False
        if bar.ts > self._shown[place]:
            if any(row["instrument_id"] == bar.instrument_id for row in self._rows.values()):
                return False
            self._shown[place] = bar.ts
        return True

    def advance(self, connection: Connection, market: str, bar: Bar) -> bool:
        """Shows the bar to the orders that rest; False when there was nothing to do."""
        place = (market, bar.instrument_id)
        if place not in self._shown:
            self._shown[place] = self._last_shown(connection, *place)
        if self.pass_by(market, bar):
            return False
        self._shown[place] = bar.ts
        self._exchange.match(bar)
        shown = {"market": market, "instrument_id": bar.instrument_id, "ts": bar.ts}
        _KEEP_SHOWN.run(connection, [self._key | shown])
        self._keep(connection)
        return True

    def _keep(self, connection: Connection) -> None:
        """Writes what changed: reports, and the orders that rest otherwise or no more."""
        self._keep_reports(connection)
        resting = {order.order_id: order for order in self._exchange.resting}
        for number, row in list(self._rows.items()):
            order = resting.get(number)
            if order is None:
                _KEEP_ORDER.run(connection, [row | {"is_working": 0}])
                del self._rows[number]
            elif (packed := _pack(order)) != row["resting"]:
                row["resting"] = packed
                _KEEP_ORDER.run(connection, [row])

    def _keep_reports(self, connection: Connection) -> None:
        reports = []
        for event in self._events:
            if isinstance(event, CapitalDeposited | BooksAdjusted | OrderAccepted):
                continue  # the answer to submit says so
            self.report_count += 1
            row = self._rows[event.order_id]
            report = _report(event, self.report_count, row["order_id"])
            number = self.report_count
            reports.append({**self._key, "number": number, "report": _pack(report)})
            if report.kind == ReportKind.FILLED:
                instrument = self._instruments[row["instrument_id"]]
                executed = execution_of(report, row, _resting_of(row["resting"]).side)
                self._balances.book(connection, number, executed, instrument)
        self._events.clear()
        _ADD_REPORT.run(connection, reports)

    def _number(self, connection: Connection, order_id: str) -> int:
        row = _NAMED.row(connection, **self._key, order_id=order_id)
        if row is None:
            raise BrokerRejected("ORDER_UNKNOWN")
        return int(row.number)

    def _working_terms(self, number: int) -> Terms | None:
        row = self._rows.get(number)
        return None if row is None else _terms(_resting_of(row["resting"]))

    def _last_shown(self, connection: Connection, market: str, instrument_id: str) -> int:
        row = _SHOWN.row(connection, **self._key, market=market, instrument_id=instrument_id)
        return 0 if row is None else int(row.ts)


def _report(event: Event, number: int, order_id: str) -> ExecutionReport:
    match event:
        case OrderFilled():
            return ExecutionReport(
                number,
                order_id,
                event.ts,
                ReportKind.FILLED,
                fill_id=f"F{number}",
                quantity=event.quantity,
                price=event.price,
                fee=event.fee,
            )
        case OrderCanceled():
            return ExecutionReport(number, order_id, event.ts, ReportKind.CANCELED)
        case OrderExpired():
            return ExecutionReport(number, order_id, event.ts, ReportKind.EXPIRED)
        case OrderReplaced():
            return ExecutionReport(
                number,
                order_id,
                event.ts,
                ReportKind.REPLACED,
                quantity=event.quantity,
                limit_price=event.limit_price,
                stop_price=event.stop_price,
            )
        case _:
            raise AssertionError(f"the exchange does not report {event}")


def _exchange_order(number: int, order: BrokerOrder) -> Order:
    return Order(
        number,
        0,
        order.instrument.instrument_id,
        order.side,
        order.quantity,
        order.order_type,
        order.limit_price,
        order.stop_price,
        order.time_in_force,
        0,
        order.ts,
        order.ts,
        link=order.link,
        trail=order.trail,
    )


def _columns(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in paper_orders.c}


def _terms(resting: Resting) -> Terms:
    return Terms(resting.quantity, resting.limit_price, resting.stop_price)


def _last(connection: Connection, question: Prepared, values: Mapping[str, Any]) -> int:
    row = question.row(connection, **values)
    return int(row.last or 0) if row is not None else 0
