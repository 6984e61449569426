"""One route a call: whether it needs a token, how long it may take, whether it is tried again."""

from typing import Any

from gateway.calls import Call
from gateway.edge import Edge
from gateway.headers import set_header
from gateway.open_services import HEALTH, REFLECTION
from gateway.pages import page_routes
from gateway.streams import naming_lines
from gateway.transcoding import TRANSCODER_FILTER, transcoder

REST = "/v1/"
GRPC_CONTENT = {  # gRPC, gRPC-web, and what the transcoder made of REST
    "name": "content-type",
    "string_match": {"prefix": "application/grpc"},
    "treat_missing_header_as_empty": True,
}
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
            _preflights(),
            *(_call_route(call) for call in calls),
            *(_open_route(service) for service in _open_services(edge)),
            _figures(),
            _alive(),
            *(route | {"typed_per_filter_config": _without_token()} for route in page_routes()),
            *_rest_routes(edge, calls),
            _nothing(),
        ],
        "typed_per_filter_config": _cors(edge.cors_origins),
    }


def _preflights() -> dict[str, Any]:
    """A browser asks before it calls; the CORS filter answers on any route that leads somewhere."""
    options = {"name": ":method", "string_match": {"exact": "OPTIONS"}}
    asks = {"name": "access-control-request-method", "present_match": True}
    return {
        "name": "preflights",
        "match": {"prefix": "/", "headers": [options, asks]},
        "route": {"cluster": BACKEND, "timeout": UNARY_TIMEOUT},
        "typed_per_filter_config": _with_token(),
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
        "match": {"path": call.path, "headers": [GRPC_CONTENT]},
        "route": action,
        "typed_per_filter_config": _with_token(),
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
        "response_headers_to_add": [set_header("content-type", "application/json")],
        "typed_per_filter_config": _without_token(),
    }


def _nothing() -> dict[str, Any]:
    """The paths that do not exist. They are not counted: their names are for anybody to invent."""
    off = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {
        "name": "nothing",
        "match": {"prefix": "/"},
        "direct_response": {"status": 404},
        "typed_per_filter_config": {"envoy.filters.http.grpc_stats": off},
    }


def _rest_routes(edge: Edge, calls: tuple[Call, ...]) -> list[dict[str, Any]]:
    """Where REST calls come by before they are transcoded; then the gRPC call picks its own route.

    The transcoder and CORS read their options here. What the transcoder does not know, it refuses.
    """
    wants_events = {"name": "accept", "string_match": {"contains": "text/event-stream"}}
    return [
        _rest_route("rest-events", edge, calls, headers=[wants_events], events=True),
        _rest_route("rest", edge, calls, headers=[], events=False),
    ]


def _rest_route(
    name: str, edge: Edge, calls: tuple[Call, ...], *, headers: list[Any], events: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "match": {"prefix": REST, "headers": [*headers, GRPC_CONTENT | {"invert_match": True}]},
        # Streams come by here too; how long a call may take, its own route says.
        "route": {
            "cluster": BACKEND,
            "timeout": UNARY_TIMEOUT,
            "idle_timeout": STREAM_IDLE_TIMEOUT,
        },
        "typed_per_filter_config": {
            TRANSCODER_FILTER: transcoder(
                edge.descriptors, calls, events=events, refuse_unknown=True
            ),
            **naming_lines(calls),
            **_with_token(),
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


def _with_token() -> dict[str, Any]:
    return {
        "envoy.filters.http.jwt_authn": {
            "@type": f"{HTTP}.jwt_authn.v3.PerRouteConfig",
            "requirement_name": TOKEN_REQUIRED,
        }
    }


def _without_token() -> dict[str, Any]:
    return {
        "envoy.filters.http.jwt_authn": {
            "@type": f"{HTTP}.jwt_authn.v3.PerRouteConfig",
            "disabled": True,
        }
    }
