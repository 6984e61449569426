"""The pages that Envoy serves itself: the OpenAPI document and the browser of it.

They need no token: they say what the API is, not what is in it. Who tries a call there gives one.
Nothing in them comes from another host, and their policy forbids it.
"""

import hashlib
from pathlib import Path
from typing import Any

from gateway.headers import set_header

HERE = Path(__file__).parent
DOCUMENT = HERE / "openapi.json"
BROWSER = HERE / "docs_ui"
LARGEST_PAGE = 4 * 1024 * 1024

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FRESH = "no-cache"  # another release may have changed it
FOREVER = "public, max-age=31536000, immutable"  # its path changes with its content


def page_routes() -> list[dict[str, Any]]:
    """Routes without a token rule: who makes the routes adds theirs."""
    index = (BROWSER / "index.html").read_text("utf-8").replace("VERSION", version())
    page = {"inline_string": index}
    return [
        _route("openapi", "/openapi.json", {"filename": str(DOCUMENT)}, "application/json", FRESH),
        _route("docs", "/docs", page, "text/html; charset=utf-8", FRESH),
        _route("docs-folder", "/docs/", page, "text/html; charset=utf-8", FRESH),
        *(
            _route(
                f"docs-{name}",
                f"/docs/{version()}/{name}",
                {"filename": str(BROWSER / name)},
                kind,
                FOREVER,
            )
            for name, kind in ASSETS.items()
        ),
    ]


def version() -> str:
    """Changes with any byte of the assets: what a browser kept of another release is not asked."""
    digest = hashlib.sha256()
    for name in ASSETS:
        digest.update((BROWSER / name).read_bytes())
    return digest.hexdigest()[:12]


def _route(
    name: str, path: str, body: dict[str, Any], content_type: str, keep: str
) -> dict[str, Any]:
    read = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    headers = {
        "content-type": content_type,
        "cache-control": keep,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return {
        "name": name,
        "match": {"path": path, "headers": [read]},
        "direct_response": {"status": 200, "body": body},
        "response_headers_to_add": [set_header(key, value) for key, value in headers.items()],
    }
