"""A request to begin with: what is required and nothing else, made of the examples."""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

# The page of /docs puts a fresh one in its place: the same one twice would be the same call.
REQUEST_ID = "00000000-0000-4000-8000-000000000000"
REFERENCE = "#/components/schemas/"


def sample(schema: Schema, components: Schema) -> Any:
    """A value of the schema; its own examples first, then whatever its rules allow."""
    if "$ref" in schema:
        inner = components[schema["$ref"].removeprefix(REFERENCE)]
        return sample(
            inner | {key: one for key, one in schema.items() if key != "$ref"}, components
        )
    if examples := schema.get("examples"):
        return examples[0]
    if schema.get("format") == "uuid":
        return REQUEST_ID
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(schema, components)


def _of_type(schema: Schema, components: Schema) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components)
        case "array":
            return [sample(schema["items"], components)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return "string"


def _object(schema: Schema, components: Schema) -> Schema:
    wanted = list(schema.get("required", ()))
    for group in schema.get("allOf", ()):  # one of these must be there
        if all("required" in one for one in group["oneOf"]):
            wanted += group["oneOf"][0]["required"]
    if schema.get("minProperties"):  # a map, of names that we do not know
        return {"name": sample(schema["additionalProperties"], components)}
    properties = schema.get("properties", {})
    return {name: sample(properties[name], components) for name in wanted}
