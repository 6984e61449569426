"""How a call can be refused: each HTTP status with its reasons, by the service or by the gateway.

Refusals have one shape, google.rpc.Status; the reason in its ErrorInfo is what clients branch on.
"""

from typing import Any, TypeAlias

from gateway.replies import REPLIES

Schema: TypeAlias = dict[str, Any]

# What the interceptors of every service say, beside the gateway's own replies.
OF_EVERY_CALL = {
    400: ("MALFORMED_REQUEST", "MISSING_FIELD", "INVALID_REQUEST"),
    403: ("SCOPE_MISSING",),
    500: ("INTERNAL_ERROR",),
    503: ("UNAVAILABLE",),
}
OF_CHANGES = {409: ("IDEMPOTENCY_KEY_REUSED", "CONCURRENT_UPDATE")}
WORDS = {
    400: "The request is wrong in itself, or refused in the present state.",
    401: "No token, or not a good one.",
    403: "The token does not carry the scope of the call.",
    404: "No such thing, or it belongs to another tenant.",
    409: "It exists already, or somebody else was faster.",
    413: "The body is far too large.",
    429: "Too much, too often or too large.",
    500: "Something that nobody foresaw; the log knows it by the incident id.",
    503: "Not reachable now; call again.",
    504: "The call took longer than its deadline.",
}
OF_EVERY_STATUS = (400, 401, 403, 429, 500, 503, 504)


def refusals(reasons: dict[int, list[str]], *, has_path: bool, has_body: bool) -> Schema:
    """The responses of one call that are no success; `reasons` are the call's own, by status."""
    statuses = {*OF_EVERY_STATUS, *reasons}
    if has_path:
        statuses.add(404)
    if has_body:
        statuses |= {409, 413}
    return {str(status): _refusal(status, reasons.get(status, [])) for status in sorted(statuses)}


def shared_responses() -> Schema:
    """What `refusals` refers to."""
    return {_name(status): _response(WORDS[status], common(status)) for status in WORDS}


def common(status: int) -> list[str]:
    """The reasons that every call may give for a status."""
    ours = (*OF_EVERY_CALL.get(status, ()), *OF_CHANGES.get(status, ()))
    gateways = [reply.reason for reply in REPLIES if reply.http == status]
    return list(dict.fromkeys([*gateways, *ours]))


def _refusal(status: int, reasons: list[str]) -> Schema:
    if not reasons:
        return {"$ref": f"#/components/responses/{_name(status)}"}
    return _response(WORDS[status], list(dict.fromkeys([*reasons, *common(status)])))


def _name(status: int) -> str:
    return f"Refused{status}"


def _response(words: str, reasons: list[str]) -> Schema:
    told = ", ".join(f"`{reason}`" for reason in reasons)
    return {
        "description": f"{words} Reasons: {told}." if told else words,
        "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
        "x-reasons": reasons,
    }


HEADERS: Schema = {
    "RequestId": {
        "description": "The name of this call in the logs.",
        "schema": {"type": "string"},
    }
}
TYPE: Schema = {"type": "string", "description": "Which kind of detail this is."}


def _detail(kind: str, description: str, **properties: Schema) -> Schema:
    name = {"type": "string", "const": f"type.googleapis.com/google.rpc.{kind}"}
    return {
        "type": "object",
        "description": description,
        "required": ["@type", *properties],
        "properties": {"@type": name, **properties},
    }


SCHEMAS: Schema = {
    "Status": {
        "type": "object",
        "description": "A refusal, the same over REST, gRPC and gRPC-web: `google.rpc.Status`.",
        "required": ["code", "message", "details"],
        "properties": {
            "code": {
                "type": "integer",
                "minimum": 1,
                "maximum": 16,
                "description": "The gRPC code: 3 is INVALID_ARGUMENT, 5 NOT_FOUND, …",
            },
            "message": {"type": "string", "description": "For people; it may change."},
            "details": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/ErrorInfo"},
                        {"$ref": "#/components/schemas/BadRequest"},
                        {"$ref": "#/components/schemas/RetryInfo"},
                    ]
                },
            },
        },
    },
    "ErrorInfo": _detail(
        "ErrorInfo",
        "Why, for machines. Every refusal has one.",
        reason={
            "type": "string",
            "pattern": "^[A-Z][A-Z0-9_]+$",
            "description": "Stable: branch on it.",
            "examples": ["INSUFFICIENT_BUYING_POWER"],
        },
        domain={"type": "string", "const": "trademesh"},
        metadata={
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Every value that the message mentions.",
        },
    ),
    "BadRequest": _detail(
        "BadRequest",
        "The fields at fault.",
        field_violations={
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "description"],
                "properties": {
                    "field": {"type": "string", "examples": ["order.quantity"]},
                    "description": {"type": "string", "examples": ["must be positive"]},
                    "reason": {"type": "string"},
                },
            },
        },
    ),
    "RetryInfo": _detail(
        "RetryInfo",
        "Calling again may help, after this time.",
        retry_delay={"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?s$", "examples": ["1s"]},
    ),
}
