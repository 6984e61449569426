"""What commands print, found in the generated descriptors.

A shape is written `orders.Order` for one message of that noun, `orders.Order[]` for a list of them.
Brings protobuf: import it where a shape is needed.
"""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from google.protobuf.descriptor import Descriptor, FileDescriptor

MANY = "[]"


@cache
def message_of(prints: str) -> Descriptor:
    """The message of a shape. Raises KeyError where there is none."""
    noun, _, name = prints.removesuffix(MANY).partition(".")
    package = import_module(f"trademesh.{noun}.v1")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.endswith("_pb2"):
            file: FileDescriptor = import_module(module.name).DESCRIPTOR
            found = file.message_types_by_name.get(name)
            if found is not None:
                return found
    raise KeyError(prints)


def field_paths(prints: str) -> dict[str, bool]:
    """Every dotted path of a shape, and whether it is a map, which has keys of its own."""
    return dict(_paths(message_of(prints), ""))


def _paths(message: Descriptor, prefix: str) -> Iterator[tuple[str, bool]]:
    for field in message.fields:
        inner = field.message_type
        is_map = bool(inner and inner.GetOptions().map_entry)
        yield prefix + field.name, is_map
        if inner and not field.is_repeated and inner.file.package.startswith("trademesh."):
            yield from _paths(inner, f"{prefix}{field.name}.")
