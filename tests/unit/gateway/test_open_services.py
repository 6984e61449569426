"""Health and reflection answer without a token, through the one port; nothing else does."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.unit.gateway.standin import StandIn
from trademesh.orders.v1 import account_service_pb2 as accounts
from trademesh.orders.v1 import account_service_pb2_grpc as account_rpc

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("service", ["", "trademesh.orders.v1.OrderService"])
def test_health_is_told_to_anybody(house: StandIn, service: str) -> None:
    with house.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    assert answer.status == SERVING


def test_health_can_be_watched(house: StandIn) -> None:
    with house.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        stream = stub.Watch(health_pb2.HealthCheckRequest(), timeout=5)
        assert next(stream).status == SERVING
        stream.cancel()


def test_a_local_house_tells_what_there_is_to_call(house: StandIn) -> None:
    ask = reflection_pb2.ServerReflectionRequest(list_services="")
    with house.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        [answer] = stub.ServerReflectionInfo(iter([ask]), timeout=5)
    names = {service.name for service in answer.list_services_response.service}
    assert {"trademesh.orders.v1.OrderService", "grpc.health.v1.Health"} <= names


def test_a_caller_s_own_deadline_passes_the_gateway(house: StandIn) -> None:
    metadata = (("authorization", f"Bearer {house.token()}"),)
    request = accounts.WatchAccountRequest(account_id="acc_1")
    with house.channel() as channel:
        stream = account_rpc.AccountServiceStub(channel).WatchAccount(
            request, metadata=metadata, timeout=0.15
        )
        assert next(stream).cursor == "1"
        with pytest.raises(grpc.RpcError) as ended:
            list(stream)
    assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
