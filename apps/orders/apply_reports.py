"""Books what the broker reports."""

from collections.abc import Callable, Sequence

import structlog

from apps.orders.trail_stops import trail_stops
from domain.errors import DomainError
from domain.market_data.bar import Bar
from domain.orders.book import AccountBook
from domain.orders.events import (
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
)
from domain.orders.identity import name_of
from domain.orders.order import Order
from domain.orders.reconciliation.strays import note_stray
from domain.orders.records import AccountKey
from domain.orders.state import IllegalTransition, OrderState
from ports.account_store import AccountStore, Change
from ports.broker import Broker, BrokerSilent, Capabilities, ExecutionReport, ReportKind

Wake = Callable[[AccountKey, str], None]

TAKEN_TWICE = "TAKEN_TWICE_BY_BROKER"
UNANSWERED = frozenset({OrderState.SUBMITTED, OrderState.IN_DOUBT, OrderState.PRESUMED_ABSENT})

_log = structlog.get_logger(__name__)


class ApplyReports:
    """Fill, position, ledger and events of a batch of reports go in one transaction.

    How far it has come is kept in the same one, so a report is booked once whatever happens; an
    execution that is reported twice under two numbers is booked once too.
    """

    def __init__(self, accounts: AccountStore, broker: Broker) -> None:
        self._accounts = accounts
        self._broker = broker
        self._booked: dict[AccountKey, int] = {}

    async def __call__(
        self, account: AccountKey, *, shown: Bar | None = None, until: int | None = None
    ) -> Sequence[str]:
        """Books all reports there are. A bar that the market has shown marks the position after.

        Who knows that there are none behind `until` spares asking. Returns the orders that have
        something to be sent because of it. Raises `BrokerSilent`, and `NotFound`
        ACCOUNT_NOT_FOUND.
        """
        to_send: dict[str, None] = {}
        while True:
            after = await self._so_far(account)
            reports: Sequence[ExecutionReport] = ()
            if until is None or after < until:
                reports = await self._broker.reports(account, after=after)
            if not reports and shown is None:
                return tuple(to_send)
            change = await self._book(account, reports, shown)
            self._booked[account] = change.value
            to_send |= dict.fromkeys(change.to_send)
            shown = None

    async def run(self, wake: Wake) -> None:
        """Books reports as they arrive, without an end; first those of the time we were away.

        `wake` is told of each order that has something to be sent because of it.
        """
        arrivals = self._broker.arrivals()
        for account in await self._accounts.keys():
            await self._quietly(account, wake)
        async for account in arrivals:
            await self._quietly(account, wake)

    async def _quietly(self, account: AccountKey, wake: Wake) -> None:
        try:
            for order_id in await self(account):
                wake(account, order_id)
        except (BrokerSilent, DomainError) as error:  # the next arrival books them
            _log.warning("reports_left", account_id=account.account_id, why=str(error))
        except Exception:  # noqa: BLE001 - one account must not keep the others from their fills
            _log.exception("reports_left", account_id=account.account_id)

    async def _so_far(self, account: AccountKey) -> int:
        if account not in self._booked:
            self._booked[account] = await self._accounts.report_count(
                account.tenant, account.account_id
            )
        return self._booked[account]

    async def _book(
        self, account: AccountKey, reports: Sequence[ExecutionReport], shown: Bar | None
    ) -> Change[int]:
        broker = await self._broker.capabilities(account)
        moves_stops = shown and not broker.trailing_stops

        def decide(book: AccountBook) -> int:
            for report in reports:
                if report.number > book.report_count:
                    _apply(book, report, broker)
                    book.report_count = report.number
            if shown is not None:
                _mark(book, shown)
                if moves_stops:
                    trail_stops(book, shown)
            return book.report_count

        return await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[_name(report) for report in reports],
            fills=[report.fill_id for report in reports if report.fill_id],
        )


def _apply(book: AccountBook, report: ExecutionReport, broker: Capabilities) -> None:
    order = book.find(_name(report))
    if order is None:
        _log.warning("report_of_unknown_order", order_id=_name(report), number=report.number)
        note_stray(book, _name(report), report)
        return
    if report.kind != ReportKind.REJECTED and order.state in UNANSWERED:
        book.found(order, report.ts)
    book.known_to_broker(order, report.broker_order_id)
    try:
        if not _is_outdated(book, order, report, broker):
            _tell(book, order, report)
    except IllegalTransition as error:
        # Late or twice: a cancel of an order that ended meanwhile, an expiry after a cancel.
        _log.info("report_without_effect", order_id=report.order_id, why=error.message)


def _name(report: ExecutionReport) -> str:
    """What its order goes by here, ours or not."""
    return name_of(report.order_id, report.broker_order_id)


def _tell(book: AccountBook, order: Order, report: ExecutionReport) -> None:
    account, ts, number = book.account, report.ts, order.order_id
    match report.kind:
        case ReportKind.FILLED:
            fill = OrderFilled(ts, number, report.price, report.quantity, report.fee)
            book.fill(fill, report.fill_id)
        case ReportKind.CANCELED if not _is_there_twice(order):
            account.canceled(OrderCanceled(ts, number))
        case ReportKind.EXPIRED:
            account.expired(OrderExpired(ts, number))
        case ReportKind.REPLACED:
            account.replaced(
                OrderReplaced(ts, number, report.quantity, report.limit_price, report.stop_price)
            )
            book.tag(number).terms_ts = ts
        case ReportKind.REJECTED:
            account.rejected(OrderRejected(ts, number, report.reason))


def _is_outdated(
    book: AccountBook, order: Order, report: ExecutionReport, broker: Capabilities
) -> bool:
    """Terms that the order had before it got those it has, told of late or once more.

    Paper tells of everything once, at the time of its market, which a replay sets back.
    """
    if report.kind != ReportKind.REPLACED or broker.trades_when_shown:
        return False
    since = book.tag(order.order_id).terms_ts
    told = report.quantity, report.limit_price, report.stop_price
    is_known = told == (order.quantity, order.limit_price, order.stop_price)
    return report.ts < since or (report.ts == since and is_known)


def _is_there_twice(order: Order) -> bool:
    """The end of one of two says nothing of the other: a person ends the quarantine."""
    return order.state == OrderState.QUARANTINED and (
        order.reason == TAKEN_TWICE or order.filled_quantity > order.quantity
    )


def _mark(book: AccountBook, bar: Bar) -> None:
    if bar.ts >= book.market.ts:
        book.market.ts = bar.ts
        if bar.instrument_id in book.instruments:
            book.mark(bar.instrument_id, bar.close, bar.ts)
