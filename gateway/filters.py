"""What each request passes at the edge, in this order."""

from typing import Any

from gateway import streams
from gateway.calls import Call
from gateway.edge import LARGEST_BODY, Edge
from gateway.routes import BACKEND, TOKEN_REQUIRED
from gateway.transcoding import transcoder

HTTP = "type.googleapis.com/envoy.extensions.filters.http"


def filters(edge: Edge, calls: tuple[Call, ...]) -> list[dict[str, Any]]:
    """The transcoder stands before the token check: one route table serves all three forms."""
    return [
        _filter("cors", "cors.v3.Cors"),
        _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
        _readiness(),
        _size_limit(),
        _filter(streams.NAME, streams.KIND),
        _transcoder(edge, calls),
        _token_check(edge),
        _statistics(),
        _filter("router", "router.v3.Router", suppress_envoy_headers=True),
    ]


def _filter(name: str, kind: str, **config: Any) -> dict[str, Any]:
    return {
        "name": f"envoy.filters.http.{name}",
        "typed_config": {"@type": f"{HTTP}.{kind}", **config},
    }


def _readiness() -> dict[str, Any]:
    """`/readyz` answers 200 while the service behind says that it serves."""
    return _filter(
        "health_check",
        "health_check.v3.HealthCheck",
        pass_through_mode=False,
        headers=[{"name": ":path", "string_match": {"exact": "/readyz"}}],
        cluster_min_healthy_percentages={BACKEND: {"value": 100}},
    )


def _size_limit() -> dict[str, Any]:
    """Before the transcoder, which would keep an endless JSON string in memory.

    Wider than what the service takes: up to here the service itself says what it takes.
    """
    return _filter(
        "body_size_limit", "body_size_limit.v3.BodySizeLimit", max_request_bytes=2 * LARGEST_BODY
    )


def _transcoder(edge: Edge, calls: tuple[Call, ...]) -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.grpc_json_transcoder",
        "typed_config": transcoder(edge.descriptors, calls, events=False),
    }


def _token_check(edge: Edge) -> dict[str, Any]:
    """The second wall: the service checks the token again, so it is passed on."""
    provider = {
        "issuer": edge.issuer,
        "audiences": [edge.audience],
        "local_jwks": {"filename": str(edge.jwks_file)},
        "require_expiration": True,
        "clock_skew_seconds": 5,
        "forward": True,
        "payload_in_metadata": "token",
        "jwt_cache_config": {"jwt_cache_size": 1000},
    }
    return _filter(
        "jwt_authn",
        "jwt_authn.v3.JwtAuthentication",
        providers={"issuer": provider},
        requirement_map={TOKEN_REQUIRED: {"provider_name": "issuer"}},
    )


def _statistics() -> dict[str, Any]:
    """A count per method; the route for what does not exist switches it off."""
    return _filter(
        "grpc_stats",
        "grpc_stats.v3.FilterConfig",
        stats_for_all_methods=True,
        enable_upstream_stats=True,
        replace_dots_in_grpc_service_name=True,
    )
