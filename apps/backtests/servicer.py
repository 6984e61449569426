"""Backtests on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.backtests import (
    backtest_to_wire,
    cash_from_wire,
    equity_to_wire,
    limits_of_backtest,
    wanted_backtest_from_wire,
)
from adapters.wire.orders import fill_to_wire, order_to_wire
from adapters.wire.values import missing
from apps.backtests.cancel_backtest import CancelBacktest
from apps.backtests.create_backtest import CreateBacktest
from apps.backtests.read_backtests import ReadBacktests
from apps.backtests.watch_backtest import WatchBacktest
from apps.caller import current_caller
from apps.requests import request_key
from domain.errors import under
from trademesh.backtests.v1 import backtest_service_pb2 as pb
from trademesh.backtests.v1 import backtest_service_pb2_grpc as rpc


class BacktestServicer(rpc.BacktestServiceServicer):
    """Long work with progress."""

    def __init__(
        self,
        read: ReadBacktests,
        create: CreateBacktest,
        cancel: CancelBacktest,
        watch: WatchBacktest,
    ) -> None:
        self._read = read
        self._create = create
        self._cancel = cancel
        self._watch = watch

    async def CreateBacktest(
        self,
        request: pb.CreateBacktestRequest,
        context: ServicerContext[pb.CreateBacktestRequest, pb.CreateBacktestResponse],
    ) -> pb.CreateBacktestResponse:
        if not request.HasField("backtest"):
            raise missing("backtest")
        fields = (request.backtest.SerializeToString(deterministic=True), request.validate_only)
        key = request_key(current_caller(), "CreateBacktest", request.request_id, fields)
        with under("backtest"):
            backtest = await self._create(
                wanted_backtest_from_wire(request.backtest),
                cash_from_wire(request.backtest),
                limits=limits_of_backtest(request.backtest),
                validate_only=request.validate_only,
                request=key,
            )
        return pb.CreateBacktestResponse(backtest=backtest_to_wire(backtest))

    async def GetBacktest(
        self,
        request: pb.GetBacktestRequest,
        context: ServicerContext[pb.GetBacktestRequest, pb.GetBacktestResponse],
    ) -> pb.GetBacktestResponse:
        backtest = await self._read.get(current_caller().tenant, request.backtest_id)
        return pb.GetBacktestResponse(backtest=backtest_to_wire(backtest))

    async def ListBacktests(
        self,
        request: pb.ListBacktestsRequest,
        context: ServicerContext[pb.ListBacktestsRequest, pb.ListBacktestsResponse],
    ) -> pb.ListBacktestsResponse:
        page, token = await self._read.page(
            current_caller().tenant, request.page_size, request.page_token
        )
        return pb.ListBacktestsResponse(
            backtests=[backtest_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchBacktest(
        self,
        request: pb.WatchBacktestRequest,
        context: ServicerContext[pb.WatchBacktestRequest, pb.WatchBacktestResponse],
    ) -> AsyncIterator[pb.WatchBacktestResponse]:
        tenant = current_caller().tenant
        async with aclosing(self._watch(tenant, request.backtest_id, request.cursor)) as told:
            async for backtest, cursor in told:
                yield pb.WatchBacktestResponse(backtest=backtest_to_wire(backtest), cursor=cursor)

    async def CancelBacktest(
        self,
        request: pb.CancelBacktestRequest,
        context: ServicerContext[pb.CancelBacktestRequest, pb.CancelBacktestResponse],
    ) -> pb.CancelBacktestResponse:
        fields = (request.backtest_id, request.validate_only)
        key = request_key(current_caller(), "CancelBacktest", request.request_id, fields)
        backtest = await self._cancel(
            request.backtest_id, validate_only=request.validate_only, request=key
        )
        return pb.CancelBacktestResponse(backtest=backtest_to_wire(backtest))

    async def ListBacktestOrders(
        self,
        request: pb.ListBacktestOrdersRequest,
        context: ServicerContext[pb.ListBacktestOrdersRequest, pb.ListBacktestOrdersResponse],
    ) -> pb.ListBacktestOrdersResponse:
        page, token = await self._read.orders(
            current_caller().tenant, request.backtest_id, request.page_size, request.page_token
        )
        return pb.ListBacktestOrdersResponse(
            orders=[order_to_wire(one) for one in page], next_page_token=token
        )

    async def ListBacktestFills(
        self,
        request: pb.ListBacktestFillsRequest,
        context: ServicerContext[pb.ListBacktestFillsRequest, pb.ListBacktestFillsResponse],
    ) -> pb.ListBacktestFillsResponse:
        page, token = await self._read.fills(
            current_caller().tenant, request.backtest_id, request.page_size, request.page_token
        )
        return pb.ListBacktestFillsResponse(
            fills=[fill_to_wire(one) for one in page], next_page_token=token
        )

    async def ListBacktestEquity(
        self,
        request: pb.ListBacktestEquityRequest,
        context: ServicerContext[pb.ListBacktestEquityRequest, pb.ListBacktestEquityResponse],
    ) -> pb.ListBacktestEquityResponse:
        page, token = await self._read.equity(
            current_caller().tenant, request.backtest_id, request.page_size, request.page_token
        )
        return pb.ListBacktestEquityResponse(
            equity=[equity_to_wire(one) for one in page], next_page_token=token
        )
