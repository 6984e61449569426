"""What a stream over REST calls itself: JSON lines, which the transcoder takes for plain JSON."""

from typing import Any

from gateway.calls import Call
from gateway.headers import set_header

NAME = "header_mutation"
FILTER = f"envoy.filters.http.{NAME}"
KIND = "header_mutation.v3.HeaderMutation"
LINES = "application/jsonl"


def naming_lines(calls: tuple[Call, ...]) -> dict[str, Any]:
    """For the route of REST calls; the filter itself does nothing elsewhere.

    It stands before the transcoder, so it sees what comes out of it: refusals are plain JSON, and
    the call has its gRPC path.
    """
    streams = [call.path for call in calls if call.streams]
    condition = (
        f"response.headers[':status'] == '200' && request.path in {streams} "
        "&& response.headers['content-type'] == 'application/json'"
    )
    content_type = f"%CEL({condition} ? '{LINES}' : response.headers['content-type'])%"
    mutation = {"append": set_header("content-type", content_type)}
    return {
        FILTER: {
            "@type": f"type.googleapis.com/envoy.extensions.filters.http.{KIND}PerRoute",
            "mutations": {"response_mutations": [mutation]},
        }
    }
