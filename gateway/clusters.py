"""Whom Envoy calls: the gRPC server behind it, and its own administration for the figures."""

from pathlib import Path
from typing import Any

from gateway.routes import BACKEND

UPSTREAM_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def backend(socket: Path) -> dict[str, Any]:
    protocol = {
        "@type": f"type.googleapis.com/{UPSTREAM_HTTP}",
        "explicit_http_config": {
            "http2_protocol_options": {
                "initial_stream_window_size": 1024 * 1024,
                "initial_connection_window_size": 4 * 1024 * 1024,
            }
        },
    }
    thresholds = {"max_connections": 64, "max_requests": 4096, "max_pending_requests": 1024}
    return cluster(BACKEND, socket) | {
        "typed_extension_protocol_options": {UPSTREAM_HTTP: protocol},
        "circuit_breakers": {"thresholds": [thresholds]},
        "health_checks": [
            {
                "timeout": "1s",
                "interval": "1s",
                "no_traffic_interval": "1s",
                "unhealthy_threshold": 1,
                "healthy_threshold": 1,
                "grpc_health_check": {},
            }
        ],
    }


def cluster(name: str, socket: Path) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": pipe(socket)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def pipe(socket: Path) -> dict[str, Any]:
    return {"pipe": {"path": str(socket), "mode": 0o600}}
