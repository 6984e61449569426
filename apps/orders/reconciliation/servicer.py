"""Reconciliations and breaks on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.reconciliation import break_to_wire, reconciliation_to_wire
from adapters.wire.values import required
from apps.caller import current_caller
from apps.orders.reconciliation.read_reconciliations import ReadReconciliations
from apps.orders.reconciliation.reconcile import Reconcile
from apps.orders.reconciliation.settle_break import Decision, SettleBreak
from apps.orders.reconciliation.watch_breaks import ToldBreak, WatchBreaks
from apps.requests import request_key
from apps.streams import Gap
from domain.orders.reconciliation.record import Trigger
from domain.orders.records import AccountKey
from ports.request_log import RequestKey
from trademesh.orders.v1 import account_service_pb2
from trademesh.orders.v1 import reconciliation_service_pb2 as pb
from trademesh.orders.v1 import reconciliation_service_pb2_grpc as rpc


class ReconciliationServicer(rpc.ReconciliationServiceServicer):
    """Looks at accounts, and what differs in them."""

    def __init__(
        self,
        read: ReadReconciliations,
        reconcile: Reconcile,
        settle: SettleBreak,
        watch: WatchBreaks,
    ) -> None:
        self._read = read
        self._reconcile = reconcile
        self._settle = settle
        self._watch = watch

    async def Reconcile(
        self,
        request: pb.ReconcileRequest,
        context: ServicerContext[pb.ReconcileRequest, pb.ReconcileResponse],
    ) -> pb.ReconcileResponse:
        account = _account(request.account_id)
        key = request_key(current_caller(), "Reconcile", request.request_id, (request.account_id,))
        made = await self._reconcile(account, Trigger.CALL, request=key)
        breaks = await self._read.named(account, made.break_ids)
        return pb.ReconcileResponse(
            reconciliation=reconciliation_to_wire(made),
            breaks=[break_to_wire(one) for one in breaks],
        )

    async def GetReconciliation(
        self,
        request: pb.GetReconciliationRequest,
        context: ServicerContext[pb.GetReconciliationRequest, pb.GetReconciliationResponse],
    ) -> pb.GetReconciliationResponse:
        name = required("reconciliation_id", request.reconciliation_id)
        made = await self._read.get(_account(request.account_id), name)
        return pb.GetReconciliationResponse(reconciliation=reconciliation_to_wire(made))

    async def ListReconciliations(
        self,
        request: pb.ListReconciliationsRequest,
        context: ServicerContext[pb.ListReconciliationsRequest, pb.ListReconciliationsResponse],
    ) -> pb.ListReconciliationsResponse:
        page, token = await self._read.page(
            _account(request.account_id), request.page_size, request.page_token
        )
        return pb.ListReconciliationsResponse(
            reconciliations=[reconciliation_to_wire(one) for one in page], next_page_token=token
        )

    async def GetBreak(
        self,
        request: pb.GetBreakRequest,
        context: ServicerContext[pb.GetBreakRequest, pb.GetBreakResponse],
    ) -> pb.GetBreakResponse:
        name = required("break_id", request.break_id)
        one = await self._read.get_break(_account(request.account_id), name)
        return pb.GetBreakResponse(account_break=break_to_wire(one))

    async def ListBreaks(
        self,
        request: pb.ListBreaksRequest,
        context: ServicerContext[pb.ListBreaksRequest, pb.ListBreaksResponse],
    ) -> pb.ListBreaksResponse:
        page, token = await self._read.breaks(
            _account(request.account_id),
            request.page_size,
            request.page_token,
            open_only=request.open_only,
        )
        return pb.ListBreaksResponse(
            breaks=[break_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchBreaks(
        self,
        request: pb.WatchBreaksRequest,
        context: ServicerContext[pb.WatchBreaksRequest, pb.WatchBreaksResponse],
    ) -> AsyncIterator[pb.WatchBreaksResponse]:
        updates = self._watch(_account(request.account_id), request.cursor)
        async with aclosing(updates):
            async for update in updates:
                told = pb.WatchBreaksResponse(cursor=update.cursor)
                if isinstance(update, ToldBreak):
                    told.account_break.CopyFrom(break_to_wire(update.one))
                elif isinstance(update, Gap):
                    told.gap.CopyFrom(account_service_pb2.Gap(reason=update.reason))
                else:
                    now = pb.BreaksSnapshot(breaks=[break_to_wire(one) for one in update.state])
                    told.snapshot.CopyFrom(now)
                yield told

    async def ApproveFix(
        self,
        request: pb.ApproveFixRequest,
        context: ServicerContext[pb.ApproveFixRequest, pb.ApproveFixResponse],
    ) -> pb.ApproveFixResponse:
        one = await self._settle.approve(
            _account(request.account_id),
            _decision(request),
            _key("ApproveFix", request),
            validate_only=request.validate_only,
        )
        return pb.ApproveFixResponse(account_break=break_to_wire(one))

    async def DismissBreak(
        self,
        request: pb.DismissBreakRequest,
        context: ServicerContext[pb.DismissBreakRequest, pb.DismissBreakResponse],
    ) -> pb.DismissBreakResponse:
        one = await self._settle.dismiss(
            _account(request.account_id),
            _decision(request),
            _key("DismissBreak", request),
            validate_only=request.validate_only,
        )
        return pb.DismissBreakResponse(account_break=break_to_wire(one))


def _account(account_id: str) -> AccountKey:
    return AccountKey(current_caller().tenant, required("account_id", account_id))


def _decision(request: pb.ApproveFixRequest | pb.DismissBreakRequest) -> Decision:
    return Decision(
        required("break_id", request.break_id),
        required("reason", request.reason.strip()),
        current_caller().principal,
        request.etag,
    )


def _key(method: str, request: pb.ApproveFixRequest | pb.DismissBreakRequest) -> RequestKey:
    fields = (request.account_id, request.break_id, request.reason, request.etag)
    return request_key(current_caller(), method, request.request_id, fields)
