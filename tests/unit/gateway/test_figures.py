"""What the one who runs the house can see, and what nobody else can reach."""

import json
import tempfile
import time
from pathlib import Path

import pytest

from tests.unit.gateway.standin import StandIn, running


def test_figures_are_counted_by_call(house: StandIn) -> None:
    house.get("/v1/accounts/acc_1")
    page = house.call("GET", "/metrics", token=None)
    assert page.status == 200
    assert 'envoy_grpc_bridge_service="trademesh_orders_v1_AccountService"' in page.body.decode()


def test_names_that_anybody_can_invent_are_not_counted(house: StandIn) -> None:
    with house.channel() as channel, pytest.raises(Exception, match="UNIMPLEMENTED"):
        channel.unary_unary("/invented.Name/Call")(b"", timeout=5)
    assert "invented" not in house.call("GET", "/metrics", token=None).body.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/metrics"),
        ("GET", "/metrics/"),
        ("POST", "/quitquitquit"),
        ("GET", "/config_dump"),
        ("GET", "/metrics/../config_dump"),
        ("GET", "/stats/prometheus"),
    ],
)
def test_the_administration_cannot_be_reached(house: StandIn, method: str, path: str) -> None:
    assert house.call(method, path, token=None).reason == "ROUTE_NOT_FOUND"


def test_the_administration_listens_on_a_private_socket(house: StandIn) -> None:
    assert house.admin_socket.stat().st_mode & 0o077 == 0


def test_alive_and_ready(house: StandIn) -> None:
    alive = house.call("GET", "/healthz", token=None)
    assert (alive.status, alive.json) == (200, {"status": "alive"})
    assert house.call("GET", "/readyz", token=None).status == 200


def test_not_ready_and_unavailable_without_the_service() -> None:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, running(Path(folder)) as house:
        stop_service(house)
        assert eventually(lambda: house.call("GET", "/readyz", token=None).status == 503)
        refused = house.get("/v1/accounts/acc_1")
        assert (refused.status, refused.reason) == (503, "BACKEND_UNAVAILABLE")
        assert house.call("GET", "/healthz", token=None).status == 200


def stop_service(house: StandIn) -> None:
    import asyncio

    asyncio.run_coroutine_threadsafe(house.server.stop(0), house.loop).result(10)


def test_the_access_log_tells_of_a_call_without_its_secrets(house: StandIn) -> None:
    token = house.token()
    house.call("GET", "/v1/accounts/acc_logged?page_token=hidden", token=token)
    house.call("GET", "/v1/accounts/acc_logged", token=token)

    def line() -> dict[str, object]:
        lines = [json.loads(line) for line in house.access_log.read_text().splitlines()]
        [found] = [
            line
            for line in lines
            if line["path"] == "/v1/accounts/acc_logged" and line["status"] == 200
        ]
        return found

    assert eventually(lambda: "acc_logged" in house.access_log.read_text())
    assert line()["call"] == "/trademesh.orders.v1.AccountService/GetAccount"
    assert line()["tenant"] == "local"
    assert "hidden" not in house.access_log.read_text()
    assert token not in house.access_log.read_text()


def eventually(condition, seconds: float = 10.0) -> bool:
    """Another process does it in its own time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_call_has_one_name_for_client_and_logs(house: StandIn) -> None:
    answer = house.get("/v1/accounts/acc_named", **{"x-request-id": "of the client's own making"})
    name = answer.headers["x-request-id"]
    assert len(name) == 36
    assert eventually(lambda: name in house.access_log.read_text())
    assert "of the client's own making" not in house.access_log.read_text()
