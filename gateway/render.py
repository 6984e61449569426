"""Renders Envoy's whole configuration from the descriptor image and a deployment's choices.

    python -m gateway.render > envoy.json      a sample, for a reader

One listener takes gRPC, gRPC-web and REST on one port, HTTP/1.1 and HTTP/2 alike.
"""

import json
import sys
from pathlib import Path
from typing import Any

from gateway.calls import Call, read_calls
from gateway.clusters import backend, cluster, pipe
from gateway.edge import Edge
from gateway.filters import filters
from gateway.pages import LARGEST_PAGE
from gateway.replies import local_replies
from gateway.routes import ADMIN, virtual_host

EXTENSIONS = "type.googleapis.com/envoy.extensions"
SPOOFABLE = ("x-envoy-", "x-jwt-", "x-forwarded-")  # only we may say these
ACCESS_LOG = {
    "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "method": "%REQ(:METHOD)%",
    # Paths without their query: a query may hold what a log should not.
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "call": "%PATH(NQ:PATH)%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "ms": "%DURATION%",
    "tenant": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token:tenant)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "user_agent": "%REQ(USER-AGENT)%",
}


def render(edge: Edge) -> dict[str, Any]:
    """Envoy's bootstrap, ready to be written as JSON."""
    calls = read_calls(edge.descriptors)
    return {
        "node": {"id": "edge", "cluster": "trademesh"},
        "admin": {"address": pipe(edge.admin_socket)},
        "static_resources": {
            "listeners": [_listener(edge, calls)],
            "clusters": [backend(edge.backend_socket), cluster(ADMIN, edge.admin_socket)],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": f"{EXTENSIONS}.resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": 2000,
                    },
                }
            ]
        },
    }


def _listener(edge: Edge, calls: tuple[Call, ...]) -> dict[str, Any]:
    return {
        "name": "edge",
        "address": {"socket_address": {"address": edge.host, "port_value": edge.port}},
        "enable_reuse_port": False,  # or a second Envoy would share the port without a word
        "per_connection_buffer_limit_bytes": 1024 * 1024,
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": _connection_manager(edge, calls),
                    }
                ]
            }
        ],
    }


def _connection_manager(edge: Edge, calls: tuple[Call, ...]) -> dict[str, Any]:
    return {
        "@type": f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "codec_type": "AUTO",
        "server_name": "trademesh",
        "use_remote_address": True,
        "always_set_request_id_in_response": True,  # the name of the call in both logs
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "max_request_headers_kb": 32,
        "request_headers_timeout": "10s",
        "request_timeout": "60s",  # for the whole request to arrive
        "common_http_protocol_options": {
            "headers_with_underscores_action": "REJECT_REQUEST",
            "idle_timeout": "900s",
            "max_headers_count": 100,
        },
        # A stream that ends by an error says so behind its last message; HTTP/2 has room by itself.
        "http_protocol_options": {"enable_trailers": True},
        "http2_protocol_options": {
            "max_concurrent_streams": 256,
            "initial_stream_window_size": 1024 * 1024,
            "initial_connection_window_size": 4 * 1024 * 1024,
            "connection_keepalive": {"interval": "60s", "timeout": "20s"},
        },
        "early_header_mutation_extensions": [_without_spoofed_headers()],
        "local_reply_config": local_replies(),
        "access_log": [_access_log(edge.access_log)],
        "route_config": {
            "name": "api",
            "virtual_hosts": [virtual_host(edge, calls)],
            "max_direct_response_body_size_bytes": LARGEST_PAGE,
        },
        "http_filters": filters(edge, calls),
    }


def _without_spoofed_headers() -> dict[str, Any]:
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": f"{EXTENSIONS}.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [
                {"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in SPOOFABLE
            ],
        },
    }


def _access_log(path: Path) -> dict[str, Any]:
    return {
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": f"{EXTENSIONS}.access_loggers.file.v3.FileAccessLog",
            "path": str(path),
            "log_format": {"json_format": ACCESS_LOG},
        },
    }


def sample() -> Edge:
    """The choices of `trademesh up`, with readable paths."""
    data = Path("/home/me/.local/share/trademesh")
    return Edge(
        host="127.0.0.1",
        port=8080,
        backend_socket=Path("/run/trademesh/backend.sock"),
        admin_socket=Path("/run/trademesh/envoy.sock"),
        jwks_file=data / "envoy/jwks.json",
        access_log=data / "logs/access.log",
        issuer="https://trademesh.local",
        audience="trademesh",
        cors_origins=("https://app.example.com",),
        reflection=True,
    )


if __name__ == "__main__":
    json.dump(render(sample()), sys.stdout, indent=2)
