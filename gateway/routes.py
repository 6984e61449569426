"""One route a call: whether it needs a token, how long it may take, whether it is tried again."""

from typing import Any

from gateway.calls import Call
from gateway.edge import Edge
from gateway.open_services import HEALTH, REFLECTION
from gateway.transcoding import transcoder

BACKEND = "backend"
ADMIN = "admin"
TOKEN_REQUIRED = "token"  # noqa: S105  the name of a rule
UNARY_TIMEOUT = "32s"  # the service ends a call after 30 s itself, and says why
STREAM_IDLE_TIMEOUT = "3600s"  # a quiet market is no reason to cut a stream
HTTP = "type.googleapis.com/envoy.extensions.filters.http"
EXPOSED_HEADERS = "grpc-status,grpc-message,grpc-status-details-bin,x-request-id"
ALLOWED_HEADERS = (
    "authorization,content-type,x-grpc-web,x-user-agent,grpc-timeout,traceparent,tracestate"
)


def virtual_host(edge: Edge, calls: tuple[Call, ...]) -> dict[str, Any]:
    """Calls first, then the few paths that are none; what is left does not exist."""
    return {
        "name": "api",
        "domains": ["*"],
        "routes": [
            *(_call_route(call) for call in calls),
            *(_open_route(service) for service in _open_services(edge)),
            _figures(),
            _alive(),
            _server_sent_events(edge, calls),
            {"match": {"prefix": "/"}, "direct_response": {"status": 404}},
        ],
        "typed_per_filter_config": _cors(edge.cors_origins),
    }


def _call_route(call: Call) -> dict[str, Any]:
    action: dict[str, Any] = {"cluster": BACKEND}
    if call.streams:
        action |= {"timeout": "0s", "idle_timeout": STREAM_IDLE_TIMEOUT}
    else:
        action["timeout"] = UNARY_TIMEOUT
    if call.reads and not call.streams:
        action["retry_policy"] = {
            "retry_on": "unavailable,connect-failure,refused-stream,reset-before-request",
            "num_retries": 2,
            "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
        }
    return {
        "name": call.path.strip("/"),
        "match": {"path": call.path},
        "route": action,
        "typed_per_filter_config": {
            "envoy.filters.http.jwt_authn": {
                "@type": f"{HTTP}.jwt_authn.v3.PerRouteConfig",
                "requirement_name": TOKEN_REQUIRED,
            }
        },
    }


def _open_services(edge: Edge) -> tuple[str, ...]:
    return (HEALTH, REFLECTION) if edge.reflection else (HEALTH,)


def _open_route(service: str) -> dict[str, Any]:
    return {
        "name": service,
        "match": {"prefix": f"/{service}/"},
        "route": {"cluster": BACKEND, "timeout": "0s", "idle_timeout": STREAM_IDLE_TIMEOUT},
        "typed_per_filter_config": _without_token(),
    }


def _figures() -> dict[str, Any]:
    """Prometheus figures: this one page of Envoy's administration, and no other."""
    get = {"name": ":method", "string_match": {"exact": "GET"}}
    return {
        "name": "metrics",
        "match": {"path": "/metrics", "headers": [get]},
        "route": {
            "cluster": ADMIN,
            "prefix_rewrite": "/stats/prometheus?usedonly",
            "timeout": "5s",
        },
        "typed_per_filter_config": _without_token(),
    }


def _alive() -> dict[str, Any]:
    return {
        "name": "healthz",
        "match": {"path": "/healthz"},
        "direct_response": {"status": 200, "body": {"inline_string": '{"status":"alive"}\n'}},
        "response_headers_to_add": [_header("content-type", "application/json")],
        "typed_per_filter_config": _without_token(),
    }


def _server_sent_events(edge: Edge, calls: tuple[Call, ...]) -> dict[str, Any]:
    """Where a REST call that wants events comes by before it is transcoded.

    The transcoder reads its options from here and then picks the route of the gRPC call; what it
    does not know stays here, and does not exist.
    """
    wants = {"name": "accept", "string_match": {"contains": "text/event-stream"}}
    return {
        "name": "server-sent-events",
        "match": {"prefix": "/v1/", "headers": [wants]},
        "direct_response": {"status": 404},
        "typed_per_filter_config": {
            "envoy.filters.http.grpc_json_transcoder": transcoder(
                edge.descriptors, calls, events=True
            )
        },
    }


def _cors(origins: tuple[str, ...]) -> dict[str, Any]:
    return {
        "envoy.filters.http.cors": {
            "@type": f"{HTTP}.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{"exact": origin} for origin in origins],
            "allow_methods": "GET,POST,OPTIONS",
            "allow_headers": ALLOWED_HEADERS,
            "expose_headers": EXPOSED_HEADERS,
            "max_age": "7200",
            "forward_not_matching_preflights": False,
        }
    }


def _without_token() -> dict[str, Any]:
    return {
        "envoy.filters.http.jwt_authn": {
            "@type": f"{HTTP}.jwt_authn.v3.PerRouteConfig",
            "disabled": True,
        }
    }


def _header(key: str, value: str) -> dict[str, Any]:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
