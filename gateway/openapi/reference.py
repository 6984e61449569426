"""The reference pages of docs/, written from the document: a page a noun, and the index."""

from collections.abc import Iterator
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

MADE = "<!-- Made from the protos by `make protos`; edit the comments there. -->"
INDEX = """\
# API reference

{made}

Every call is there over gRPC, gRPC-web and REST alike. A running platform shows the same under
`/docs`, where calls can be tried, and as OpenAPI 3.1 under `/openapi.json`.
[Recipes](api-recipes.md) show `curl`, `buf curl` and `grpcurl` at work.

{about}
{tables}

## Refusals

What any call may answer; the pages name what each call adds. The code of gRPC stands in the body.

| HTTP | meaning | reasons |
|---|---|---|
{refusals}
"""


def pages(document: Schema) -> dict[str, str]:
    """The text of each page by its path below docs/."""
    tags = document["tags"]
    calls = list(_calls(document))
    found = {"api.md": _index(document, calls)}
    for tag in tags:
        mine = [call for call in calls if tag["name"] in call["tags"]]
        found[f"api/{_file(tag['name'])}"] = _page(document, tag, mine)
    return found


def _calls(document: Schema) -> Iterator[Schema]:
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            yield operation | {"rest": f"{verb.upper()} {path}"}


def _index(document: Schema, calls: list[Schema]) -> str:
    tables = []
    for tag in document["tags"]:
        name = tag["name"]
        rows = [
            f"| [{call['operationId']}](api/{_file(name)}#{call['operationId'].lower()}) "
            f"| `{call['rest']}` | {_cell(call['summary'])} |"
            for call in calls
            if name in call["tags"]
        ]
        head = [f"## {name}", "", tag["description"], "", "| call | REST | |", "|---|---|---|"]
        tables.append("\n".join([*head, *rows]))
    refusals = [
        f"| {name.removeprefix('Refused')} | {response['description'].partition(' Reasons:')[0]} "
        f"| {_codes(response['x-reasons'])} |"
        for name, response in document["components"]["responses"].items()
    ]
    return INDEX.format(
        made=MADE,
        about=document["info"]["description"],
        tables="\n\n".join(tables),
        refusals="\n".join(refusals),
    )


def _page(document: Schema, tag: Schema, calls: list[Schema]) -> str:
    types = _types(document, calls)
    parts = [f"# {tag['name']}", MADE, tag["description"], "[All calls](../api.md)"]
    parts += [_call(call, document) for call in calls]
    parts += ["# Types", *(_type(name, document) for name in types)]
    return "\n\n".join(parts) + "\n"


def _call(call: Schema, document: Schema) -> str:
    parts = [
        f"## {call['operationId']}",
        f"`{call['rest']}` · gRPC `{call['x-grpc-method']}` · scope `{call['x-required-scope']}`",
        call["description"],
        _request(call, document),
        _answer(call["responses"]["200"], document),
        _reasons(call["responses"], document),
    ]
    return "\n\n".join(part for part in parts if part)


def _request(call: Schema, document: Schema) -> str:
    rows = [
        _row(one["name"], one["schema"], one["description"], one["required"], one["in"])
        for one in call.get("parameters", ())
    ]
    if "requestBody" in call:
        body = call["requestBody"]["content"]["application/json"]["schema"]
        rows += _rows(_resolved(body, document), "body")
    if not rows:
        return ""
    return "\n".join(["| request | | where | |", "|---|---|---|---|", *rows])


def _answer(response: Schema, document: Schema) -> str:
    """The fields of the answer; of a stream, those of each message."""
    content = response["content"]
    kinds = ", ".join(f"`{kind}`" for kind in content)
    schema = next(iter(content.values()))["schema"]
    said = f"Answers with {kinds}: {_lower(response['description'])}"
    if "$ref" not in schema:
        return said
    rows = [
        f"| `{name}` | {_kind(one)} | {_cell(one.get('description', ''))} |"
        for name, one in _resolved(schema, document)["properties"].items()
    ]
    return "\n".join([said, "", "| answer | | |", "|---|---|---|", *rows]) if rows else said


def _reasons(responses: Schema, document: Schema) -> str:
    """What this call adds to the refusals of any call."""
    of_any = document["components"]["responses"]
    own = {
        status: [name for name in one["x-reasons"] if name not in _of_any(status, of_any)]
        for status, one in responses.items()
        if "x-reasons" in one
    }
    return "\n".join(f"- {status}: {_codes(names)}" for status, names in own.items() if names)


def _of_any(status: str, shared: Schema) -> list[str]:
    found: list[str] = shared[f"Refused{status}"]["x-reasons"]
    return found


def _types(document: Schema, calls: list[Schema]) -> list[str]:
    """What the requests and answers of these calls are made of, themselves left out."""
    outer, found = set(), set()
    for call in calls:
        for reference in _references(call):
            outer.add(reference)
    waiting = [inner for name in outer for inner in _references(_component(name, document))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(_component(name, document))
    return sorted(found - outer)


def _type(name: str, document: Schema) -> str:
    schema = _component(name, document)
    parts = [f'## <a id="{name.lower()}"></a>{name}', schema.get("description", "")]
    if "properties" in schema:
        head = ["| field | | | |", "|---|---|---|---|"]
        parts.append("\n".join([*head, *_rows(schema, "")]))
    return "\n\n".join(part for part in parts if part)


def _rows(schema: Schema, place: str) -> list[str]:
    required = schema.get("required", ())
    return [
        _row(name, one, one.get("description", ""), name in required, place)
        for name, one in schema["properties"].items()
    ]


def _row(name: str, schema: Schema, description: str, required: bool, place: str) -> str:
    marks = [place] if place else []
    marks += ["required"] if required else []
    marks += ["only in answers"] if schema.get("readOnly") else []
    return f"| `{name}` | {_kind(schema)} | {', '.join(marks)} | {_cell(description)} |"


def _kind(schema: Schema) -> str:
    """The type in a word or two, with a link where it is one of ours."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map to {_kind(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "any"))


def _component(name: str, document: Schema) -> Schema:
    found: Schema = document["components"]["schemas"][name]
    return found


def _resolved(schema: Schema, document: Schema) -> Schema:
    return _component(schema["$ref"].rpartition("/")[2], document)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _references(one)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref" and value.startswith("#/components/schemas/"):
                yield value.rpartition("/")[2]
            else:
                yield from _references(value)


def _file(tag: str) -> str:
    return f"{tag.lower().replace(' ', '-')}.md"


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n\n", "<br>").replace("\n", " ")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
