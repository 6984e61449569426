"""The order desk for strategy runs, in the process of the orders service."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial

from apps.orders.apply_reports import ApplyReports
from apps.orders.cancel_order import ask_to_cancel
from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.flattening import PREVIEW, Flattening
from domain.errors import NotAllowedNow
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.book import AccountBook
from domain.orders.closing import Closed
from domain.orders.groups.in_book import place_group
from domain.orders.identity import order_id_of, run_decision
from domain.orders.kept import Market
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import CancelRequest, GroupRequest, OrderRequest, Wish
from domain.orders.state import ENDED, OrderState
from ports.account_store import AccountStore, OrderQuery
from ports.order_desk import AccountEntry, OrderDesk
from ports.paper_market import PaperMarket

PAGE = 1000


class InProcessOrderDesk(OrderDesk):
    """Each wish goes through the gate, to the store and to the broker before the next one."""

    def __init__(
        self,
        accounts: AccountStore,
        dispatch: DispatchOrders,
        apply_reports: ApplyReports,
        market: PaperMarket,
    ) -> None:
        self._accounts = accounts
        self._dispatch = dispatch
        self._apply_reports = apply_reports
        self._market = market
        self._drivers: dict[AccountKey, str] = {}

    async def open(
        self, tenant: str, account_id: str, run_id: str, instruments: Mapping[str, Instrument]
    ) -> int:
        def decide(book: AccountBook) -> int:
            _take_over(book, run_id)
            for instrument in instruments.values():
                book.know(instrument)
                book.account.position(instrument.instrument_id)
            return book.version

        opened = await self._accounts.change(tenant, account_id, decide)
        self._drivers[AccountKey(tenant, account_id)] = run_id
        return opened.value

    async def close(self, tenant: str, account_id: str, run_id: str) -> None:
        account = AccountKey(tenant, account_id)
        asked: set[str] = set()
        while left := [
            one for one in await self.working(tenant, account_id, run_id) if one not in asked
        ]:  # a fill that crosses a cancel may have placed the exits of its group meanwhile
            for order_id in left:
                await self._cancel(account, order_id, None)
            asked |= set(left)

        def decide(book: AccountBook) -> None:
            if book.market.run_id == run_id:
                book.market.run_id = ""

        await self._accounts.change(tenant, account_id, decide)
        if self._drivers.get(account) == run_id:
            del self._drivers[account]

    async def place(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        ts: int,
        wishes: Sequence[Wish],
        *,
        may_only_reduce: bool = False,
    ) -> None:
        account = AccountKey(tenant, account_id)
        nth = 0
        for wish in wishes:
            decision = run_decision(run_id, wish.request)
            order_id = order_id_of(tenant, account_id, decision)
            others: deque[str] = deque()
            if isinstance(wish, CancelRequest):
                await self._cancel(account, order_id, ts, others)
            else:
                nth += 1
                place = partial(_place, run_id, ts, wish, decision, nth, may_only_reduce)
                await self._dispatch.after(account, order_id, place, others=others)
            await self._dispatch.all(account, others)

    async def working(self, tenant: str, account_id: str, run_id: str) -> Sequence[str]:
        query = OrderQuery(open_only=True, run_id=run_id)
        found: list[OrderRecord] = []
        while page := await self._accounts.orders(
            tenant, account_id, query, before=found[-1].number if found else 0, limit=PAGE
        ):
            found += page
        return [order.order_id for order in reversed(found)]

    async def flatten(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        instrument_id: str,
        *,
        number: int,
        ts: int,
        order_ids: Sequence[str],
    ) -> Closed:
        account = AccountKey(tenant, account_id)
        for order_id in order_ids:
            await self._cancel(account, order_id, ts)
        traded = await self._accounts.traded_by(tenant, account_id, run_id, instrument_id)
        flattening = Flattening(account, run_id, instrument_id, number, traded)
        closing: list[str] = []
        for order_id, close in flattening.pieces(ts):
            if not await self._dispatch.after(account, order_id, close):
                break
            closing.append(order_id)
        canceled = [await self._accounts.order(tenant, account_id, one) for one in order_ids]
        return Closed(
            tuple([await self._accounts.order(tenant, account_id, one) for one in closing]),
            tuple(one for one in reversed(canceled) if one.state == OrderState.CANCELED),
        )

    async def preview_flatten(
        self, tenant: str, account_id: str, run_id: str, instrument_id: str
    ) -> Closed:
        traded = await self._accounts.traded_by(tenant, account_id, run_id, instrument_id)
        account = AccountKey(tenant, account_id)
        preview = Flattening(account, run_id, instrument_id, PREVIEW, traded).preview
        change = await self._accounts.change(tenant, account_id, preview, rehearse=True)
        return change.value

    async def advance(self, tenant: str, account_id: str, bar: Bar) -> None:
        account = AccountKey(tenant, account_id)
        driver = self._drivers.get(account)
        if driver is None:
            raise NotAllowedNow(
                f"no run drives account {account_id}",
                reason="MARKET_NOT_OPEN",
                account_id=account_id,
            )
        last_report = await self._market.advance(account, driver, bar)
        to_send = await self._apply_reports(account, shown=bar, until=last_report)
        await self._dispatch.all(account, to_send)

    async def entries(self, tenant: str, account_id: str, *, after: int) -> Sequence[AccountEntry]:
        found: list[AccountEntry] = []
        while True:
            page = await self._accounts.entries(tenant, account_id, after=after, limit=PAGE)
            found.extend(page)
            if len(page) < PAGE:
                return found
            after = page[-1].version

    async def _cancel(
        self,
        account: AccountKey,
        order_id: str,
        ts: int | None,
        others: deque[str] | None = None,
    ) -> None:
        """Cancels what can still trade, and nothing else; the order may be unknown or over."""

        def decide(book: AccountBook) -> None:
            order = book.find(order_id)
            if order is None or order.state in ENDED or order.state == OrderState.QUARANTINED:
                return
            ask_to_cancel(book, book.now if ts is None else ts, order)

        await self._dispatch.after(account, order_id, decide, others=others)


def _place(
    run_id: str,
    ts: int,
    wish: OrderRequest | GroupRequest,
    decision: str,
    nth: int,
    may_only_reduce: bool,
    book: AccountBook,
) -> None:
    book.nth = nth
    if isinstance(wish, GroupRequest):
        place_group(book, ts, wish, decision, run_id=run_id, may_only_reduce=may_only_reduce)
    else:
        book.place(ts, wish, decision, run_id=run_id, may_only_reduce=may_only_reduce)


def _take_over(book: AccountBook, run_id: str) -> None:
    """The run's market becomes the account's: earlier prices are of another time."""
    if book.market.run_id == run_id:
        return
    if book.market.run_id:
        raise NotAllowedNow(
            f"run {book.market.run_id} drives account {book.account_id}",
            reason="ACCOUNT_BUSY",
            account_id=book.account_id,
            run_id=book.market.run_id,
        )
    book.market = Market(run_id)
    for position in book.account.positions.values():
        position.last = 0.0
