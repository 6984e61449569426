"""REST with JSON to gRPC and back."""

from pathlib import Path
from typing import Any

from gateway.calls import Call
from gateway.edge import LARGEST_BODY

LARGEST_RESPONSE = 16 * 1024 * 1024
TRANSCODER_FILTER = "envoy.filters.http.grpc_json_transcoder"
TRANSCODER = (
    "type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"
)


def transcoder(
    descriptors: Path, calls: tuple[Call, ...], *, events: bool, refuse_unknown: bool = False
) -> dict[str, Any]:
    """Streams leave as newline-delimited JSON, or as server-sent events.

    Unknown fields of a JSON body are passed over, there is no option against it: the services
    check what they need. Unknown query parameters are refused here.
    """
    return {
        "@type": TRANSCODER,
        "proto_descriptor": str(descriptors),
        "services": sorted({call.service for call in calls}),
        "convert_grpc_status": True,
        "max_request_body_size": LARGEST_BODY,
        "max_response_body_size": LARGEST_RESPONSE,
        "request_validation_options": {
            "reject_unknown_method": refuse_unknown,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        "print_options": {
            "always_print_primitive_fields": True,
            "preserve_proto_field_names": True,
            "stream_newline_delimited": True,
            "stream_sse_style_delimited": events,
        },
    }
