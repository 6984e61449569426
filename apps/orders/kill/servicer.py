"""Kill switches on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.kill_switches import kill_switch_to_wire, mode_from_wire
from adapters.wire.values import required
from apps.caller import current_caller
from apps.orders.kill.press_kill_switch import PressKillSwitch, WantedPress
from apps.orders.kill.read_kill_switches import ReadKillSwitches
from apps.orders.kill.release_kill_switch import ReleaseKillSwitch
from apps.orders.kill.watch_kill_switches import Changed, WatchKillSwitches
from apps.requests import request_key
from apps.streams import Gap
from ports.request_log import RequestKey
from trademesh.orders.v1 import account_service_pb2 as accounts_pb
from trademesh.orders.v1 import kill_switch_pb2
from trademesh.orders.v1 import kill_switch_service_pb2 as pb
from trademesh.orders.v1 import kill_switch_service_pb2_grpc as rpc


class KillSwitchServicer(rpc.KillSwitchServiceServicer):
    """Stops trading, and lets it go on."""

    def __init__(
        self,
        read: ReadKillSwitches,
        press: PressKillSwitch,
        release: ReleaseKillSwitch,
        watch: WatchKillSwitches,
    ) -> None:
        self._read = read
        self._press = press
        self._release = release
        self._watch = watch

    async def PressKillSwitch(
        self,
        request: pb.PressKillSwitchRequest,
        context: ServicerContext[pb.PressKillSwitchRequest, pb.PressKillSwitchResponse],
    ) -> pb.PressKillSwitchResponse:
        wanted = _wanted(request.kill_switch)
        key = _key("PressKillSwitch", request.request_id, wanted)
        switch = await self._press(wanted, key, validate_only=request.validate_only)
        return pb.PressKillSwitchResponse(kill_switch=kill_switch_to_wire(switch))

    async def PressGlobalKillSwitch(
        self,
        request: pb.PressGlobalKillSwitchRequest,
        context: ServicerContext[pb.PressGlobalKillSwitchRequest, pb.PressGlobalKillSwitchResponse],
    ) -> pb.PressGlobalKillSwitchResponse:
        wanted = _wanted(request.kill_switch)
        key = _key("PressGlobalKillSwitch", request.request_id, wanted)
        switch = await self._press.everywhere(wanted, key, validate_only=request.validate_only)
        return pb.PressGlobalKillSwitchResponse(kill_switch=kill_switch_to_wire(switch))

    async def ReleaseKillSwitch(
        self,
        request: pb.ReleaseKillSwitchRequest,
        context: ServicerContext[pb.ReleaseKillSwitchRequest, pb.ReleaseKillSwitchResponse],
    ) -> pb.ReleaseKillSwitchResponse:
        name, reason = required("kill_switch_id", request.kill_switch_id), request.reason
        switch = await self._release(
            name,
            reason,
            _key("ReleaseKillSwitch", request.request_id, name, reason),
            validate_only=request.validate_only,
        )
        return pb.ReleaseKillSwitchResponse(kill_switch=kill_switch_to_wire(switch))

    async def ReleaseGlobalKillSwitch(
        self,
        request: pb.ReleaseGlobalKillSwitchRequest,
        context: ServicerContext[
            pb.ReleaseGlobalKillSwitchRequest, pb.ReleaseGlobalKillSwitchResponse
        ],
    ) -> pb.ReleaseGlobalKillSwitchResponse:
        name, reason = required("kill_switch_id", request.kill_switch_id), request.reason
        switch = await self._release(
            name,
            reason,
            _key("ReleaseGlobalKillSwitch", request.request_id, name, reason),
            may_release_global=True,
            validate_only=request.validate_only,
        )
        return pb.ReleaseGlobalKillSwitchResponse(kill_switch=kill_switch_to_wire(switch))

    async def GetKillSwitch(
        self,
        request: pb.GetKillSwitchRequest,
        context: ServicerContext[pb.GetKillSwitchRequest, pb.GetKillSwitchResponse],
    ) -> pb.GetKillSwitchResponse:
        name = required("kill_switch_id", request.kill_switch_id)
        switch = await self._read.one(current_caller().tenant, name)
        return pb.GetKillSwitchResponse(kill_switch=kill_switch_to_wire(switch))

    async def ListKillSwitches(
        self,
        request: pb.ListKillSwitchesRequest,
        context: ServicerContext[pb.ListKillSwitchesRequest, pb.ListKillSwitchesResponse],
    ) -> pb.ListKillSwitchesResponse:
        page, token = await self._read.page(
            current_caller().tenant,
            engaged_only=request.engaged_only,
            size=request.page_size,
            token=request.page_token,
        )
        return pb.ListKillSwitchesResponse(
            kill_switches=[kill_switch_to_wire(one) for one in page],
            next_page_token=token,
            kill_file_present=self._read.is_file_there(),
        )

    async def WatchKillSwitches(
        self,
        request: pb.WatchKillSwitchesRequest,
        context: ServicerContext[pb.WatchKillSwitchesRequest, pb.WatchKillSwitchesResponse],
    ) -> AsyncIterator[pb.WatchKillSwitchesResponse]:
        async with aclosing(self._watch(current_caller().tenant, request.cursor)) as updates:
            async for update in updates:
                if isinstance(update, Changed):
                    switch = kill_switch_to_wire(update.switch)
                    yield pb.WatchKillSwitchesResponse(kill_switch=switch, cursor=update.cursor)
                elif isinstance(update, Gap):
                    gap = accounts_pb.Gap(reason=update.reason)
                    yield pb.WatchKillSwitchesResponse(gap=gap, cursor=update.cursor)
                else:
                    engaged = [kill_switch_to_wire(one) for one in update.state]
                    yield pb.WatchKillSwitchesResponse(
                        engaged=pb.EngagedKillSwitches(kill_switches=engaged),
                        cursor=update.cursor,
                    )


def _wanted(switch: kill_switch_pb2.KillSwitch) -> WantedPress:
    return WantedPress(
        mode_from_wire(switch),
        switch.reason,
        switch.account_id,
        switch.strategy_id,
        switch.run_id,
        switch.instrument_id,
    )


def _key(method: str, request_id: str, *fields: object) -> RequestKey:
    return request_key(current_caller(), method, request_id, fields)
