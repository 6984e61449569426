"""Every call with a REST form as an operation: its path, query, body and answers."""

import re
from typing import Any, TypeAlias

from msgspec import Struct

from gateway.openapi.comments import media_types, prose, reasons, summary
from gateway.openapi.image import Field, Image, Message, Method, Service
from gateway.openapi.responses import refusals
from gateway.openapi.sample import sample
from gateway.openapi.schemas import REQUIRED, WELL_KNOWN, Schemas
from gateway.streams import LINES

Schema: TypeAlias = dict[str, Any]

PATH_FIELD = re.compile(r"{(\w+)}")
EVENTS = "text/event-stream"


class Rule(Struct, frozen=True):
    """A `google.api.http` option."""

    verb: str
    path: str
    has_body: bool
    response_body: str

    @property
    def path_fields(self) -> list[str]:
        return PATH_FIELD.findall(self.path)


def rule_of(image: Image, method: Method) -> Rule | None:
    """Raises ValueError on a form that this document could not tell the truth about."""
    option = image.extension(method.options, "google.api.http")
    if option is None:
        return None
    verb = option.WhichOneof("pattern")
    if option.body not in ("", "*") or option.additional_bindings or verb == "custom":
        raise ValueError(f"{method.name}: only one path, with body '*' or none")
    return Rule(verb, getattr(option, verb), bool(option.body), option.response_body)


class Operations:
    """Makes the paths of the document; what they refer to gathers in `schemas`."""

    def __init__(self, image: Image, schemas: Schemas) -> None:
        self._image = image
        self._schemas = schemas
        self._comments = {
            method.name: method.comment for service in image.services for method in service.methods
        }

    def paths(self) -> Schema:
        paths: Schema = {}
        for service in self._image.services:
            for method in service.methods:
                if rule := rule_of(self._image, method):
                    paths.setdefault(rule.path, {})[rule.verb] = self._operation(
                        service, method, rule
                    )
        return paths

    def _operation(self, service: Service, method: Method, rule: Rule) -> Schema:
        request = self._image.messages[method.request]
        access = self._image.extension(method.options, "trademesh.access.v1.access")
        operation: Schema = {
            "operationId": method.name,
            "tags": [tag_of(service)],
            "summary": summary(method.comment),
            "description": prose(method.comment),
            "x-grpc-method": f"{service.name}/{method.name}",
            "x-required-scope": access.scope,
            "security": [{"bearer": [access.scope]}],
        }
        if parameters := self._parameters(request, rule):
            operation["parameters"] = parameters
        if rule.has_body:
            without = frozenset(rule.path_fields)
            schema = self._schemas.reference(method.request, without=without)
            example = sample(schema, self._schemas.components)
            content = {"application/json": {"schema": schema, "example": example}}
            operation["requestBody"] = {"required": True, "content": content}
        failures = self._reasons(method, rule)
        operation["responses"] = {"200": self._success(method, rule)} | refusals(
            failures, has_path=bool(rule.path_fields), has_body=rule.has_body
        )
        return operation

    def _reasons(self, method: Method, rule: Rule) -> dict[int, list[str]]:
        """Those that the comment names, and the absence of what the path names."""
        found = reasons(method.comment, self._comments)
        for field in rule.path_fields:
            missing = f"{field.removesuffix('_id').upper()}_NOT_FOUND"
            if not any(named.endswith(missing) for named in found.get(404, [])):
                found.setdefault(404, []).append(missing)
        return found

    def _parameters(self, request: Message, rule: Rule) -> list[Schema]:
        fields = {field.name: field for field in request.fields}
        in_path = [self._parameter(fields[name], "path") for name in rule.path_fields]
        if rule.has_body:
            return in_path
        in_query = [
            self._parameter(field, "query")
            for name, field in fields.items()
            if name not in rule.path_fields
        ]
        return in_path + in_query

    def _parameter(self, field: Field, place: str) -> Schema:
        """Raises ValueError for what has no form in a query: a message of several fields."""
        if field.is_message and field.type_name not in WELL_KNOWN:
            raise ValueError(f"{field.name}: a query holds no messages here")
        schema = self._schemas.field(field)
        description = schema.pop("description", "")
        required = place == "path" or REQUIRED in self._schemas.behaviors(field)
        if place == "path":  # a segment: never empty, no slash
            schema = {"pattern": "^[^/]+$"} | schema
        return {
            "name": field.name,
            "in": place,
            "required": required,
            "description": description,
            "schema": schema,
        }

    def _success(self, method: Method, rule: Rule) -> Schema:
        response = self._image.messages[method.response]
        return {
            "description": prose(response.comment),
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
            "content": self._content(method, response, rule),
        }

    def _content(self, method: Method, response: Message, rule: Rule) -> Schema:
        if rule.response_body:
            [body] = [field for field in response.fields if field.name == rule.response_body]
            return {kind: {"schema": {"type": "string"}} for kind in media_types(body.comment)}
        schema = self._schemas.reference(method.response)
        if not method.streams:
            return {"application/json": {"schema": schema}}
        # The schema is that of one message: a line, or the data of an event.
        return {LINES: {"schema": schema}, EVENTS: {"schema": schema}}


def tag_of(service: Service) -> str:
    """`trademesh.market_data.v1.MarketDataService` is "Market data", `OrderService` is "Orders"."""
    name = service.name.rpartition(".")[2].removesuffix("Service")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    if words.endswith("data"):
        return words
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("ch", "s", "sh", "x")) else f"{words}s"
