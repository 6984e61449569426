"""The protos as `buf build` leaves them: with their comments and every option."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from msgspec import Struct

from gateway.calls import PACKAGE

# Field numbers inside FileDescriptorProto and its parts: the paths of comments are made of them.
FILE_MESSAGES, FILE_ENUMS, FILE_SERVICES = 4, 5, 6
MESSAGE_FIELDS, MESSAGE_MESSAGES, MESSAGE_ENUMS = 2, 3, 4
ENUM_VALUES = SERVICE_METHODS = 2

Path = tuple[int, ...]


class Field(Struct, frozen=True):
    """A field of a message; `options` hands out what an extension says of it."""

    name: str
    kind: int  # FieldDescriptor.TYPE_*
    type_name: str  # of a message or enum, in full
    repeated: bool
    has_presence: bool  # unset is another thing than zero
    oneof: str  # the group of which one may be set, or nothing
    comment: str
    options: Any

    @property
    def is_message(self) -> bool:
        return self.kind == FieldDescriptor.TYPE_MESSAGE


class Message(Struct, frozen=True):
    name: str
    comment: str
    fields: tuple[Field, ...]
    oneofs: dict[str, Any]  # the options of each group of which one may be set
    is_map_entry: bool


class Enum(Struct, frozen=True):
    name: str
    comment: str
    values: tuple[tuple[str, str], ...]  # each with its comment


class Method(Struct, frozen=True):
    name: str
    service: str
    request: str
    response: str
    streams: bool
    comment: str
    options: Any


class Service(Struct, frozen=True):
    name: str
    comment: str
    methods: tuple[Method, ...]


class Image:
    """Reads the image once. Options are read by its own protos: no generated code is needed."""

    def __init__(self, content: bytes) -> None:
        self._pool = DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
            self._pool.AddSerializedFile(file.SerializeToString())
        kind = self._pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet")
        self._files: Any = message_factory.GetMessageClass(kind).FromString(content).file  # type: ignore[attr-defined]
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        for file in self._files:
            self._read_types(file, _comments(file))

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Our own, by name."""
        ours = (file for file in self._files if file.package.startswith(PACKAGE))
        found = (service for file in ours for service in _services(file, _comments(file)))
        return tuple(sorted(found, key=lambda service: service.name))

    def extension(self, options: Any, name: str) -> Any:
        """What an option says, or None where it is not set, or unknown to these protos."""
        try:
            extension = self._pool.FindExtensionByName(name)
        except KeyError:
            return None
        if extension.is_repeated:
            return list(options.Extensions[extension])
        return options.Extensions[extension] if options.HasExtension(extension) else None

    def _read_types(self, file: Any, comments: dict[Path, str]) -> None:
        for at, message in enumerate(file.message_type):
            self._read_message(file.package, message, (FILE_MESSAGES, at), comments)
        for at, enum in enumerate(file.enum_type):
            self._read_enum(file.package, enum, (FILE_ENUMS, at), comments)

    def _read_message(self, scope: str, proto: Any, path: Path, comments: dict[Path, str]) -> None:
        name = f"{scope}.{proto.name}"
        fields = tuple(
            _field(proto, field, comments.get((*path, MESSAGE_FIELDS, at), ""))
            for at, field in enumerate(proto.field)
        )
        oneofs = {oneof.name: oneof.options for oneof in proto.oneof_decl}
        comment, is_map_entry = comments.get(path, ""), proto.options.map_entry
        self.messages[name] = Message(name, comment, fields, oneofs, is_map_entry)
        for at, nested in enumerate(proto.nested_type):
            self._read_message(name, nested, (*path, MESSAGE_MESSAGES, at), comments)
        for at, enum in enumerate(proto.enum_type):
            self._read_enum(name, enum, (*path, MESSAGE_ENUMS, at), comments)

    def _read_enum(self, scope: str, proto: Any, path: Path, comments: dict[Path, str]) -> None:
        values = tuple(
            (value.name, comments.get((*path, ENUM_VALUES, at), ""))
            for at, value in enumerate(proto.value)
        )
        name = f"{scope}.{proto.name}"
        self.enums[name] = Enum(name, comments.get(path, ""), values)


def _field(message: Any, proto: Any, comment: str) -> Field:
    repeated = proto.label == FieldDescriptor.LABEL_REPEATED
    oneof = ""
    if proto.HasField("oneof_index") and not proto.proto3_optional:
        oneof = message.oneof_decl[proto.oneof_index].name
    presence = proto.type == FieldDescriptor.TYPE_MESSAGE or proto.HasField("oneof_index")
    return Field(
        name=proto.name,
        kind=proto.type,
        type_name=proto.type_name.lstrip("."),
        repeated=repeated,
        has_presence=presence and not repeated,
        oneof=oneof,
        comment=comment,
        options=proto.options,
    )


def _services(file: Any, comments: dict[Path, str]) -> Iterator[Service]:
    for at, proto in enumerate(file.service):
        path = (FILE_SERVICES, at)
        name = f"{file.package}.{proto.name}"
        methods = tuple(
            _method(name, method, comments.get((*path, SERVICE_METHODS, number), ""))
            for number, method in enumerate(proto.method)
        )
        yield Service(name, comments.get(path, ""), methods)


def _method(service: str, proto: Any, comment: str) -> Method:
    return Method(
        name=proto.name,
        service=service,
        request=proto.input_type.lstrip("."),
        response=proto.output_type.lstrip("."),
        streams=proto.server_streaming,
        comment=comment,
        options=proto.options,
    )


def _comments(file: Any) -> dict[Path, str]:
    locations: Iterable[Any] = file.source_code_info.location
    return {tuple(one.path): one.leading_comments for one in locations if one.leading_comments}
