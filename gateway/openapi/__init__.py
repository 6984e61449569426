"""The API as an OpenAPI 3.1 document and as pages of reference, both out of the protos' image.

    protos ──buf build──▶ image.py ──▶ document.py ──▶ gateway/openapi.json ──▶ /openapi.json, /docs
                                            └────────▶ reference.py ──▶ docs/api/<noun>.md

It runs when code is generated (`make protos`), never in the platform.
"""
