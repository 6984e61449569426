"""What Envoy answers by itself, in the one shape of errors: google.rpc.Status with ErrorInfo."""

import base64
from typing import Any

from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from msgspec import Struct

from gateway.headers import set_header

DOMAIN = "trademesh"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
CEL = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"


class Reply(Struct, frozen=True):
    """`when` is a CEL condition on the refused call; `http` is the status that goes out."""

    when: str
    http: int
    code: int  # google.rpc.Code
    reason: str
    message: str
    grpc: int | None = None  # another code for gRPC clients
    explained: bool = False  # Envoy's own words follow for REST: they name the field at fault

    @property
    def grpc_code(self) -> int:
        return self.code if self.grpc is None else self.grpc

    @property
    def rest_body(self) -> dict[str, Any]:
        info = {"@type": ERROR_INFO, "reason": self.reason, "domain": DOMAIN, "metadata": {}}
        message = f"{self.message} %LOCAL_REPLY_BODY%" if self.explained else self.message
        return {"code": self.code, "message": message, "details": [info]}

    @property
    def grpc_details(self) -> str:
        """The same for the header `grpc-status-details-bin`."""
        status = Status(code=self.grpc_code, message=self.message)
        status.details.add().Pack(ErrorInfo(reason=self.reason, domain=DOMAIN))
        return base64.b64encode(status.SerializeToString()).decode().rstrip("=")


INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 3, 4, 5
RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 8, 12, 13, 14, 16

REFUSED = "response.code_details.startsWith('jwt_authn_access_denied')"
REPLIES = (
    Reply(
        f"{REFUSED} && response.code_details.contains('Jwt_is_missing')",
        401,
        UNAUTHENTICATED,
        "TOKEN_MISSING",
        "The call carries no token.",
    ),
    Reply(
        f"{REFUSED} && response.code_details.contains('expired')",
        401,
        UNAUTHENTICATED,
        "TOKEN_EXPIRED",
        "The token has expired.",
    ),
    Reply(REFUSED, 401, UNAUTHENTICATED, "TOKEN_INVALID", "The token is not valid."),
    Reply(
        "response.code == 413",
        413,
        RESOURCE_EXHAUSTED,
        "BODY_TOO_LARGE",
        "The request is larger than 5 MiB.",
    ),
    Reply(
        "response.code == 404",
        404,
        NOT_FOUND,
        "ROUTE_NOT_FOUND",
        "There is no such path; the API lies under /v1.",
        grpc=UNIMPLEMENTED,
    ),
    Reply(
        "response.code == 504 || response.code == 408",
        504,
        DEADLINE_EXCEEDED,
        "DEADLINE_EXCEEDED",
        "The call took longer than its deadline.",
    ),
    Reply(
        "response.code == 502 || response.code == 503",
        503,
        UNAVAILABLE,
        "BACKEND_UNAVAILABLE",
        "The service behind the gateway does not answer now; call again.",
    ),
    Reply(
        "response.code >= 400 && response.code < 500",
        400,
        INVALID_ARGUMENT,
        "MALFORMED_REQUEST",
        "The request is not one that this path takes.",
        explained=True,
    ),
    Reply(
        "response.code >= 500",
        500,
        INTERNAL,
        "GATEWAY_ERROR",
        "The gateway could not pass the call on.",
    ),
)


def local_replies() -> dict[str, Any]:
    """Envoy's `local_reply_config`. The first mapper that fits is taken."""
    return {"mappers": [mapper for reply in REPLIES for mapper in _mappers(reply)]}


def _mappers(reply: Reply) -> list[dict[str, Any]]:
    when = {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {"@type": CEL, "expression": reply.when},
        }
    }
    return [
        {"filter": _all(when, GRPC_CONTENT, NOT_REST)} | _over_grpc(reply),
        {"filter": when} | _over_rest(reply),
    ]


def _over_grpc(reply: Reply) -> dict[str, Any]:
    """HTTP 200 with the status in the headers, for gRPC and gRPC-web alike."""
    return {
        "status_code": 200,
        "headers_to_add": [
            set_header("grpc-status", str(reply.grpc_code)),
            set_header("grpc-message", reply.message),
            set_header("grpc-status-details-bin", reply.grpc_details),
        ],
        "body_format_override": {
            "text_format_source": {"inline_string": ""},
            "content_type": "application/grpc-web+proto",  # Envoy keeps that of plain gRPC
        },
    }


def _over_rest(reply: Reply) -> dict[str, Any]:
    return {
        "status_code": reply.http,
        "body_format_override": {
            "json_format": reply.rest_body,
            "content_type": "application/json",
        },
    }


def _all(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"and_filter": {"filters": list(filters)}}


def _request_header(name: str, **match: Any) -> dict[str, Any]:
    return {"header_filter": {"header": {"name": name, **match}}}


GRPC_CONTENT = _request_header(
    "content-type",
    string_match={"prefix": "application/grpc"},
    treat_missing_header_as_empty=True,
)
# The transcoder turns REST calls into gRPC; it leaves their path behind.
NOT_REST = _request_header("x-envoy-original-path", present_match=True, invert_match=True)
