"""Asks for the end of a group."""

from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.groups.in_book import group_named, record_of_group
from domain.orders.groups.record import OrderGroupRecord
from domain.orders.records import AccountKey
from ports.account_store import AccountStore, Request
from ports.request_log import RequestKey


class CancelOrderGroup:
    """All of its orders are canceled; what the entry has bought stays, without exits."""

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders) -> None:
        self._accounts = accounts
        self._dispatch = dispatch

    async def __call__(
        self, account: AccountKey, group_id: str, key: RequestKey, *, validate_only: bool = False
    ) -> OrderGroupRecord:
        """The group, CANCELING or ENDED; with `validate_only` as it would be.

        Raises `NotFound` ORDER_GROUP_NOT_FOUND, and `NotAllowedNow` ORDER_GROUP_ENDED.
        """

        def decide(book: AccountBook) -> OrderGroupRecord:
            group = group_named(book, group_id)
            if not group.is_active:
                raise NotAllowedNow(
                    f"nothing of group {group_id} can trade any more",
                    reason="ORDER_GROUP_ENDED",
                    group_id=group_id,
                )
            book.groups.cancel(book.now, group)
            return record_of_group(book, group)

        asked = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[group_id],
            request=Request(key, OrderGroupRecord),
            rehearse=validate_only,
        )
        if not asked.repeated and not validate_only:
            for order_id in asked.to_send:
                self._dispatch.wake(account, order_id)
        return asked.value
