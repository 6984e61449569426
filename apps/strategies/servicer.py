"""Strategies and runs on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.orders import order_to_wire
from adapters.wire.replays import replay_message
from adapters.wire.strategies import (
    line_to_wire,
    run_to_wire,
    strategy_to_wire,
    version_to_wire,
    wanted_run_from_wire,
)
from adapters.wire.values import missing, required
from apps.caller import current_caller
from apps.requests import request_key
from apps.strategies.archive_strategy import ArchiveStrategy
from apps.strategies.flatten_run import FlattenRun
from apps.strategies.pause_run import PauseRun
from apps.strategies.push_strategy import PushStrategy
from apps.strategies.read_run_logs import ReadRunLogs
from apps.strategies.read_strategies import ReadRuns, ReadStrategies
from apps.strategies.replay_run import ReplayRun
from apps.strategies.set_parameters import SetRunParameters
from apps.strategies.start_run import StartRun
from apps.strategies.stop_run import StopRun
from apps.strategies.watch_run import WatchRun
from domain.errors import under
from trademesh.strategies.v1 import run_service_pb2 as runs_pb
from trademesh.strategies.v1 import run_service_pb2_grpc as runs_rpc
from trademesh.strategies.v1 import strategy_service_pb2 as pb
from trademesh.strategies.v1 import strategy_service_pb2_grpc as rpc


class StrategyServicer(rpc.StrategyServiceServicer):
    """The library."""

    def __init__(self, read: ReadStrategies, push: PushStrategy, archive: ArchiveStrategy) -> None:
        self._read = read
        self._push = push
        self._archive = archive

    async def ListStrategies(
        self,
        request: pb.ListStrategiesRequest,
        context: ServicerContext[pb.ListStrategiesRequest, pb.ListStrategiesResponse],
    ) -> pb.ListStrategiesResponse:
        page, token = await self._read.page(
            current_caller().tenant, request.show_archived, request.page_size, request.page_token
        )
        return pb.ListStrategiesResponse(
            strategies=[strategy_to_wire(one) for one in page], next_page_token=token
        )

    async def GetStrategy(
        self,
        request: pb.GetStrategyRequest,
        context: ServicerContext[pb.GetStrategyRequest, pb.GetStrategyResponse],
    ) -> pb.GetStrategyResponse:
        listed = await self._read.get(current_caller().tenant, request.strategy_id)
        return pb.GetStrategyResponse(strategy=strategy_to_wire(listed))

    async def ListStrategyVersions(
        self,
        request: pb.ListStrategyVersionsRequest,
        context: ServicerContext[pb.ListStrategyVersionsRequest, pb.ListStrategyVersionsResponse],
    ) -> pb.ListStrategyVersionsResponse:
        page, token = await self._read.versions(
            current_caller().tenant, request.strategy_id, request.page_size, request.page_token
        )
        return pb.ListStrategyVersionsResponse(
            strategy_versions=[version_to_wire(one) for one in page], next_page_token=token
        )

    async def PushStrategy(
        self,
        request: pb.PushStrategyRequest,
        context: ServicerContext[pb.PushStrategyRequest, pb.PushStrategyResponse],
    ) -> pb.PushStrategyResponse:
        fields = (request.strategy_id, request.source, request.class_name, request.validate_only)
        version = await self._push(
            request.strategy_id,
            request.source,
            request.class_name,
            validate_only=request.validate_only,
            request=request_key(current_caller(), "PushStrategy", request.request_id, fields),
        )
        return pb.PushStrategyResponse(strategy_version=version_to_wire(version))

    async def GetStrategyVersion(
        self,
        request: pb.GetStrategyVersionRequest,
        context: ServicerContext[pb.GetStrategyVersionRequest, pb.GetStrategyVersionResponse],
    ) -> pb.GetStrategyVersionResponse:
        version = await self._read.version(
            current_caller().tenant,
            request.strategy_id,
            required("version_id", request.version_id),
        )
        return pb.GetStrategyVersionResponse(strategy_version=version_to_wire(version))

    async def ArchiveStrategy(
        self,
        request: pb.ArchiveStrategyRequest,
        context: ServicerContext[pb.ArchiveStrategyRequest, pb.ArchiveStrategyResponse],
    ) -> pb.ArchiveStrategyResponse:
        fields = (request.strategy_id,)
        listed = await self._archive(
            request.strategy_id,
            request=request_key(current_caller(), "ArchiveStrategy", request.request_id, fields),
            validate_only=request.validate_only,
        )
        return pb.ArchiveStrategyResponse(strategy=strategy_to_wire(listed))


class RunServicer(runs_rpc.RunServiceServicer):
    """Strategies at work."""

    def __init__(
        self,
        read: ReadRuns,
        start: StartRun,
        stop: StopRun,
        watch: WatchRun,
        pause: PauseRun,
        flatten: FlattenRun,
        set_parameters: SetRunParameters,
        logs: ReadRunLogs,
        replay: ReplayRun,
    ) -> None:
        self._read = read
        self._start = start
        self._stop = stop
        self._watch = watch
        self._pause = pause
        self._flatten = flatten
        self._set_parameters = set_parameters
        self._logs = logs
        self._replay = replay

    async def StartRun(
        self,
        request: runs_pb.StartRunRequest,
        context: ServicerContext[runs_pb.StartRunRequest, runs_pb.StartRunResponse],
    ) -> runs_pb.StartRunResponse:
        if not request.HasField("run"):
            raise missing("run")
        fields = (request.run.SerializeToString(deterministic=True),)
        key = request_key(current_caller(), "StartRun", request.request_id, fields)
        with under("run"):
            run = await self._start(
                wanted_run_from_wire(request.run),
                request.run.account_id,
                request.run.replay.bars_per_second,
                request=key,
                validate_only=request.validate_only,
            )
        return runs_pb.StartRunResponse(run=run_to_wire(run))

    async def GetRun(
        self,
        request: runs_pb.GetRunRequest,
        context: ServicerContext[runs_pb.GetRunRequest, runs_pb.GetRunResponse],
    ) -> runs_pb.GetRunResponse:
        run = await self._read.get(current_caller().tenant, request.run_id)
        return runs_pb.GetRunResponse(run=run_to_wire(run))

    async def ListRuns(
        self,
        request: runs_pb.ListRunsRequest,
        context: ServicerContext[runs_pb.ListRunsRequest, runs_pb.ListRunsResponse],
    ) -> runs_pb.ListRunsResponse:
        page, token = await self._read.page(
            current_caller().tenant, request.active_only, request.page_size, request.page_token
        )
        return runs_pb.ListRunsResponse(
            runs=[run_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchRun(
        self,
        request: runs_pb.WatchRunRequest,
        context: ServicerContext[runs_pb.WatchRunRequest, runs_pb.WatchRunResponse],
    ) -> AsyncIterator[runs_pb.WatchRunResponse]:
        tenant = current_caller().tenant
        async with aclosing(self._watch(tenant, request.run_id, request.cursor)) as told:
            async for run, cursor in told:
                yield runs_pb.WatchRunResponse(run=run_to_wire(run), cursor=cursor)

    async def StopRun(
        self,
        request: runs_pb.StopRunRequest,
        context: ServicerContext[runs_pb.StopRunRequest, runs_pb.StopRunResponse],
    ) -> runs_pb.StopRunResponse:
        key = request_key(current_caller(), "StopRun", request.request_id, (request.run_id,))
        run = await self._stop(request.run_id, request=key, validate_only=request.validate_only)
        return runs_pb.StopRunResponse(run=run_to_wire(run))

    async def PauseRun(
        self,
        request: runs_pb.PauseRunRequest,
        context: ServicerContext[runs_pb.PauseRunRequest, runs_pb.PauseRunResponse],
    ) -> runs_pb.PauseRunResponse:
        key = request_key(current_caller(), "PauseRun", request.request_id, (request.run_id,))
        run = await self._pause.pause(
            request.run_id, request=key, validate_only=request.validate_only
        )
        return runs_pb.PauseRunResponse(run=run_to_wire(run))

    async def ResumeRun(
        self,
        request: runs_pb.ResumeRunRequest,
        context: ServicerContext[runs_pb.ResumeRunRequest, runs_pb.ResumeRunResponse],
    ) -> runs_pb.ResumeRunResponse:
        key = request_key(current_caller(), "ResumeRun", request.request_id, (request.run_id,))
        run = await self._pause.resume(
            request.run_id, request=key, validate_only=request.validate_only
        )
        return runs_pb.ResumeRunResponse(run=run_to_wire(run))

    async def SetRunParameters(
        self,
        request: runs_pb.SetRunParametersRequest,
        context: ServicerContext[runs_pb.SetRunParametersRequest, runs_pb.SetRunParametersResponse],
    ) -> runs_pb.SetRunParametersResponse:
        values = dict(request.parameters)
        fields = (request.run_id, sorted(values.items()))
        key = request_key(current_caller(), "SetRunParameters", request.request_id, fields)
        run = await self._set_parameters(
            request.run_id, values, request=key, validate_only=request.validate_only
        )
        return runs_pb.SetRunParametersResponse(run=run_to_wire(run))

    async def FlattenRun(
        self,
        request: runs_pb.FlattenRunRequest,
        context: ServicerContext[runs_pb.FlattenRunRequest, runs_pb.FlattenRunResponse],
    ) -> runs_pb.FlattenRunResponse:
        key = request_key(current_caller(), "FlattenRun", request.request_id, (request.run_id,))
        run, closed = await self._flatten(
            request.run_id, request=key, validate_only=request.validate_only
        )
        return runs_pb.FlattenRunResponse(
            run=run_to_wire(run),
            orders=[order_to_wire(one) for one in closed.orders],
            canceled_orders=[order_to_wire(one) for one in closed.canceled],
        )

    async def ReplayRun(
        self,
        request: runs_pb.ReplayRunRequest,
        context: ServicerContext[runs_pb.ReplayRunRequest, runs_pb.ReplayRunResponse],
    ) -> AsyncIterator[runs_pb.ReplayRunResponse]:
        tenant = current_caller().tenant
        async with aclosing(self._replay(tenant, request.run_id)) as told:
            async for step in told:
                yield replay_message(step)

    async def ListRunLogs(
        self,
        request: runs_pb.ListRunLogsRequest,
        context: ServicerContext[runs_pb.ListRunLogsRequest, runs_pb.ListRunLogsResponse],
    ) -> runs_pb.ListRunLogsResponse:
        page, token = await self._logs.page(
            current_caller().tenant, request.run_id, request.page_size, request.page_token
        )
        return runs_pb.ListRunLogsResponse(
            run_logs=[line_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchRunLogs(
        self,
        request: runs_pb.WatchRunLogsRequest,
        context: ServicerContext[runs_pb.WatchRunLogsRequest, runs_pb.WatchRunLogsResponse],
    ) -> AsyncIterator[runs_pb.WatchRunLogsResponse]:
        tenant = current_caller().tenant
        async with aclosing(self._logs.watch(tenant, request.run_id, request.cursor)) as told:
            async for lines, cursor in told:
                yield runs_pb.WatchRunLogsResponse(
                    run_logs=[line_to_wire(one) for one in lines], cursor=cursor
                )
