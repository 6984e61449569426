"""Accounts and orders on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.order_groups import group_terms_from_wire, group_to_wire
from adapters.wire.orders import (
    account_to_wire,
    entry_to_wire,
    fill_to_wire,
    new_account_from_wire,
    new_terms_from_wire,
    order_to_wire,
    position_to_wire,
    preview_to_wire,
    snapshot_to_wire,
    terms_from_wire,
    update_to_wire,
)
from adapters.wire.values import decimal_from_wire, missing, required
from apps.caller import current_caller
from apps.orders.cancel_all_orders import CancelAllOrders
from apps.orders.cancel_group import CancelOrderGroup
from apps.orders.cancel_order import CancelOrder
from apps.orders.close_positions import ClosePositions
from apps.orders.create_account import CreateAccount
from apps.orders.place_group import PlaceOrderGroup
from apps.orders.place_order import PlaceOrder
from apps.orders.read_accounts import ReadAccounts
from apps.orders.reissue_order import ReissueOrder
from apps.orders.replace_order import ReplaceOrder
from apps.orders.watch_account import Told, WatchAccount
from apps.requests import request_key
from apps.streams import Gap
from domain.orders.records import AccountKey
from ports.account_store import OrderQuery
from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import account_service_pb2_grpc as rpc
from trademesh.orders.v1 import order_service_pb2 as orders_pb
from trademesh.orders.v1 import order_service_pb2_grpc as orders_rpc


class AccountServicer(rpc.AccountServiceServicer):
    """Money, positions, fills."""

    def __init__(
        self,
        read: ReadAccounts,
        create: CreateAccount,
        watch: WatchAccount,
        close: ClosePositions,
    ) -> None:
        self._read = read
        self._create = create
        self._watch = watch
        self._close = close

    async def CreateAccount(
        self,
        request: pb.CreateAccountRequest,
        context: ServicerContext[pb.CreateAccountRequest, pb.CreateAccountResponse],
    ) -> pb.CreateAccountResponse:
        if not request.HasField("account"):
            raise missing("account")
        caller, new = current_caller(), new_account_from_wire(request.account)
        key = request_key(caller, "CreateAccount", request.request_id, [new])
        trial = request.validate_only
        account = await self._create(caller.tenant, new, key, validate_only=trial)
        return pb.CreateAccountResponse(account=account_to_wire(account))

    async def GetAccount(
        self,
        request: pb.GetAccountRequest,
        context: ServicerContext[pb.GetAccountRequest, pb.GetAccountResponse],
    ) -> pb.GetAccountResponse:
        account = await self._read.account(_account(request.account_id))
        return pb.GetAccountResponse(account=account_to_wire(account))

    async def ListAccounts(
        self,
        request: pb.ListAccountsRequest,
        context: ServicerContext[pb.ListAccountsRequest, pb.ListAccountsResponse],
    ) -> pb.ListAccountsResponse:
        page, token = await self._read.accounts(
            current_caller().tenant, request.page_size, request.page_token
        )
        return pb.ListAccountsResponse(
            accounts=[account_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchAccount(
        self,
        request: pb.WatchAccountRequest,
        context: ServicerContext[pb.WatchAccountRequest, pb.WatchAccountResponse],
    ) -> AsyncIterator[pb.WatchAccountResponse]:
        updates = self._watch(_account(request.account_id), request.cursor)
        async with aclosing(updates):
            async for update in updates:
                if isinstance(update, Told):
                    yield update_to_wire(update.record, update.cursor)
                elif isinstance(update, Gap):
                    gap = pb.Gap(reason=update.reason)
                    yield pb.WatchAccountResponse(gap=gap, cursor=update.cursor)
                else:
                    snapshot = snapshot_to_wire(update.state)
                    yield pb.WatchAccountResponse(snapshot=snapshot, cursor=update.cursor)

    async def ListPositions(
        self,
        request: pb.ListPositionsRequest,
        context: ServicerContext[pb.ListPositionsRequest, pb.ListPositionsResponse],
    ) -> pb.ListPositionsResponse:
        page, token = await self._read.positions(
            _account(request.account_id), request.page_size, request.page_token
        )
        return pb.ListPositionsResponse(
            positions=[position_to_wire(one) for one in page], next_page_token=token
        )

    async def ListFills(
        self,
        request: pb.ListFillsRequest,
        context: ServicerContext[pb.ListFillsRequest, pb.ListFillsResponse],
    ) -> pb.ListFillsResponse:
        page, token = await self._read.fills(
            _account(request.account_id), request.order_id, request.page_size, request.page_token
        )
        return pb.ListFillsResponse(
            fills=[fill_to_wire(one) for one in page], next_page_token=token
        )

    async def ListLedgerEntries(
        self,
        request: pb.ListLedgerEntriesRequest,
        context: ServicerContext[pb.ListLedgerEntriesRequest, pb.ListLedgerEntriesResponse],
    ) -> pb.ListLedgerEntriesResponse:
        page, token = await self._read.ledger(
            _account(request.account_id), request.page_size, request.page_token
        )
        return pb.ListLedgerEntriesResponse(
            ledger_entries=[entry_to_wire(one) for one in page], next_page_token=token
        )

    async def GetPosition(
        self,
        request: pb.GetPositionRequest,
        context: ServicerContext[pb.GetPositionRequest, pb.GetPositionResponse],
    ) -> pb.GetPositionResponse:
        position = await self._read.position(
            _account(request.account_id), required("instrument_id", request.instrument_id)
        )
        return pb.GetPositionResponse(position=position_to_wire(position))

    async def ClosePosition(
        self,
        request: pb.ClosePositionRequest,
        context: ServicerContext[pb.ClosePositionRequest, pb.ClosePositionResponse],
    ) -> pb.ClosePositionResponse:
        account = _account(request.account_id)
        instrument = required("instrument_id", request.instrument_id)
        quantity = None
        if request.HasField("quantity"):
            quantity = decimal_from_wire("quantity", request.quantity)
        fields = (request.account_id, instrument, quantity)
        key = request_key(current_caller(), "ClosePosition", request.request_id, fields)
        closed = await self._close.one(
            account, instrument, quantity, key, validate_only=request.validate_only
        )
        return pb.ClosePositionResponse(
            order=order_to_wire(closed.orders[0]),
            canceled_orders=[order_to_wire(one) for one in closed.canceled],
        )

    async def CloseAllPositions(
        self,
        request: pb.CloseAllPositionsRequest,
        context: ServicerContext[pb.CloseAllPositionsRequest, pb.CloseAllPositionsResponse],
    ) -> pb.CloseAllPositionsResponse:
        account = _account(request.account_id)
        fields = (request.account_id,)
        key = request_key(current_caller(), "CloseAllPositions", request.request_id, fields)
        closed = await self._close.all(account, key, validate_only=request.validate_only)
        return pb.CloseAllPositionsResponse(
            orders=[order_to_wire(one) for one in closed.orders],
            canceled_orders=[order_to_wire(one) for one in closed.canceled],
        )


class OrderServicer(orders_rpc.OrderServiceServicer):
    """Orders of an account."""

    def __init__(
        self,
        read: ReadAccounts,
        place: PlaceOrder,
        cancel: CancelOrder,
        replace: ReplaceOrder,
        reissue: ReissueOrder,
        cancel_all: CancelAllOrders,
        place_group: PlaceOrderGroup,
        cancel_group: CancelOrderGroup,
    ) -> None:
        self._read = read
        self._place_group = place_group
        self._cancel_group = cancel_group
        self._cancel_all = cancel_all
        self._place = place
        self._cancel = cancel
        self._replace = replace
        self._reissue = reissue

    async def PlaceOrder(
        self,
        request: orders_pb.PlaceOrderRequest,
        context: ServicerContext[orders_pb.PlaceOrderRequest, orders_pb.PlaceOrderResponse],
    ) -> orders_pb.PlaceOrderResponse:
        account = _account(request.account_id)
        if not request.HasField("order"):
            raise missing("order")
        terms = terms_from_wire(request.order)
        # The third was `validate_only`: requests answered by earlier releases keep their meaning.
        fields = (request.account_id, terms, False)
        key = request_key(current_caller(), "PlaceOrder", request.request_id, fields)
        if request.validate_only:
            order, preview = await self._place.preview(account, terms, key)
            return orders_pb.PlaceOrderResponse(
                order=order_to_wire(order), preview=preview_to_wire(preview)
            )
        order = await self._place(account, terms, key)
        return orders_pb.PlaceOrderResponse(order=order_to_wire(order))

    async def GetOrder(
        self,
        request: orders_pb.GetOrderRequest,
        context: ServicerContext[orders_pb.GetOrderRequest, orders_pb.GetOrderResponse],
    ) -> orders_pb.GetOrderResponse:
        account = _account(request.account_id)
        order = await self._read.order(account, required("order_id", request.order_id))
        return orders_pb.GetOrderResponse(order=order_to_wire(order))

    async def ListOrders(
        self,
        request: orders_pb.ListOrdersRequest,
        context: ServicerContext[orders_pb.ListOrdersRequest, orders_pb.ListOrdersResponse],
    ) -> orders_pb.ListOrdersResponse:
        page, token = await self._read.orders(
            _account(request.account_id),
            OrderQuery(request.open_only, request.run_id),
            request.page_size,
            request.page_token,
        )
        return orders_pb.ListOrdersResponse(
            orders=[order_to_wire(one) for one in page], next_page_token=token
        )

    async def CancelOrder(
        self,
        request: orders_pb.CancelOrderRequest,
        context: ServicerContext[orders_pb.CancelOrderRequest, orders_pb.CancelOrderResponse],
    ) -> orders_pb.CancelOrderResponse:
        account, order_id = _account(request.account_id), required("order_id", request.order_id)
        fields = (request.account_id, order_id)
        key = request_key(current_caller(), "CancelOrder", request.request_id, fields)
        order = await self._cancel(account, order_id, key, validate_only=request.validate_only)
        return orders_pb.CancelOrderResponse(order=order_to_wire(order))

    async def ReplaceOrder(
        self,
        request: orders_pb.ReplaceOrderRequest,
        context: ServicerContext[orders_pb.ReplaceOrderRequest, orders_pb.ReplaceOrderResponse],
    ) -> orders_pb.ReplaceOrderResponse:
        account, order_id = _account(request.account_id), required("order_id", request.order_id)
        terms = new_terms_from_wire(request)
        fields = (request.account_id, order_id, terms)
        key = request_key(current_caller(), "ReplaceOrder", request.request_id, fields)
        order = await self._replace(
            account, order_id, terms, key, validate_only=request.validate_only
        )
        return orders_pb.ReplaceOrderResponse(order=order_to_wire(order))

    async def ReissueOrder(
        self,
        request: orders_pb.ReissueOrderRequest,
        context: ServicerContext[orders_pb.ReissueOrderRequest, orders_pb.ReissueOrderResponse],
    ) -> orders_pb.ReissueOrderResponse:
        account, order_id = _account(request.account_id), required("order_id", request.order_id)
        fields = (request.account_id, order_id)
        key = request_key(current_caller(), "ReissueOrder", request.request_id, fields)
        order = await self._reissue(account, order_id, key, validate_only=request.validate_only)
        return orders_pb.ReissueOrderResponse(order=order_to_wire(order))

    async def CancelAllOrders(
        self,
        request: orders_pb.CancelAllOrdersRequest,
        context: ServicerContext[
            orders_pb.CancelAllOrdersRequest, orders_pb.CancelAllOrdersResponse
        ],
    ) -> orders_pb.CancelAllOrdersResponse:
        account = _account(request.account_id)
        fields = (request.account_id, request.instrument_id, request.run_id)
        key = request_key(current_caller(), "CancelAllOrders", request.request_id, fields)
        orders = await self._cancel_all(
            account,
            key,
            instrument=request.instrument_id,
            run_id=request.run_id,
            validate_only=request.validate_only,
        )
        return orders_pb.CancelAllOrdersResponse(orders=[order_to_wire(one) for one in orders])

    async def PlaceOrderGroup(
        self,
        request: orders_pb.PlaceOrderGroupRequest,
        context: ServicerContext[
            orders_pb.PlaceOrderGroupRequest, orders_pb.PlaceOrderGroupResponse
        ],
    ) -> orders_pb.PlaceOrderGroupResponse:
        account = _account(request.account_id)
        if not request.HasField("order_group"):
            raise missing("order_group")
        terms = group_terms_from_wire(request.order_group)
        fields = (request.account_id, terms)
        key = request_key(current_caller(), "PlaceOrderGroup", request.request_id, fields)
        group = await self._place_group(account, terms, key, validate_only=request.validate_only)
        return orders_pb.PlaceOrderGroupResponse(order_group=group_to_wire(group))

    async def GetOrderGroup(
        self,
        request: orders_pb.GetOrderGroupRequest,
        context: ServicerContext[orders_pb.GetOrderGroupRequest, orders_pb.GetOrderGroupResponse],
    ) -> orders_pb.GetOrderGroupResponse:
        account = _account(request.account_id)
        group = await self._read.order_group(account, required("group_id", request.group_id))
        return orders_pb.GetOrderGroupResponse(order_group=group_to_wire(group))

    async def ListOrderGroups(
        self,
        request: orders_pb.ListOrderGroupsRequest,
        context: ServicerContext[
            orders_pb.ListOrderGroupsRequest, orders_pb.ListOrderGroupsResponse
        ],
    ) -> orders_pb.ListOrderGroupsResponse:
        page, token = await self._read.order_groups(
            _account(request.account_id),
            OrderQuery(request.active_only, request.run_id),
            request.page_size,
            request.page_token,
        )
        return orders_pb.ListOrderGroupsResponse(
            order_groups=[group_to_wire(one) for one in page], next_page_token=token
        )

    async def CancelOrderGroup(
        self,
        request: orders_pb.CancelOrderGroupRequest,
        context: ServicerContext[
            orders_pb.CancelOrderGroupRequest, orders_pb.CancelOrderGroupResponse
        ],
    ) -> orders_pb.CancelOrderGroupResponse:
        account, group_id = _account(request.account_id), required("group_id", request.group_id)
        fields = (request.account_id, group_id)
        key = request_key(current_caller(), "CancelOrderGroup", request.request_id, fields)
        group = await self._cancel_group(
            account, group_id, key, validate_only=request.validate_only
        )
        return orders_pb.CancelOrderGroupResponse(order_group=group_to_wire(group))


def _account(account_id: str) -> AccountKey:
    return AccountKey(current_caller().tenant, required("account_id", account_id))
