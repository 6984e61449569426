"""The whole OpenAPI document."""

import json
from typing import Any, TypeAlias

from gateway.openapi.comments import prose
from gateway.openapi.image import Image
from gateway.openapi.operations import Operations, rule_of, tag_of
from gateway.openapi.responses import HEADERS, SCHEMAS, shared_responses
from gateway.openapi.schemas import Schemas

Schema: TypeAlias = dict[str, Any]

ABOUT = """\
The same calls as over gRPC and gRPC-web, as JSON over HTTP.

- **Token**: `Authorization: Bearer …`; each call names the scope that the token must carry.
- **Changes** carry a `request_id`, a UUID of yours: sent again, it returns the first answer and \
changes nothing again. With `validate_only` everything is checked and nothing kept.
- **Numbers** that are money, prices or quantities are decimals in text, `"189.32"`; so are 64-bit \
integers. Times are ISO 8601 in UTC.
- **Fields** that are `null` are unset; an enum may be named by its number too. What a body \
holds beside them is passed over; a query may hold nothing else.
- **Lists** have pages: `page_size`, `page_token`, `next_page_token`.
- **Streams** send one JSON message a line, or server-sent events where the client accepts \
`text/event-stream`. An error behind the first message comes in the trailers `grpc-status` and \
`grpc-message`.
- **Refusals** have one shape, with a stable reason and the fields at fault.
"""


def document(image: Image) -> Schema:
    """OpenAPI 3.1 of every call with a REST form."""
    asked = [
        method.request
        for service in image.services
        for method in service.methods
        if rule_of(image, method)
    ]
    schemas = Schemas(image, asked)
    paths = Operations(image, schemas).paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "trademesh",
            "summary": "Market data, backtests, paper trading and orders.",
            "description": ABOUT,
            "version": "v1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The platform that serves this document."}],
        "security": [{"bearer": []}],
        "tags": [
            {"name": tag_of(service), "description": prose(service.comment)}
            for service in image.services
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The token of the local user lies in the data folder: `token`.",
                }
            },
            "headers": HEADERS,
            "responses": shared_responses(),
            "schemas": dict(sorted({**schemas.components, **SCHEMAS}.items())),
        },
    }


def as_text(document: Schema) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
