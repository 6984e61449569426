"""The calls of the API, read from the descriptor image."""

from pathlib import Path

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto
from msgspec import Struct

DESCRIPTORS = Path(__file__).parent / "descriptors.pb"
PACKAGE = "trademesh."


class Call(Struct, frozen=True):
    """One call: `/trademesh.orders.v1.OrderService/PlaceOrder`."""

    service: str
    method: str
    streams: bool
    reads: bool  # mapped to GET: may be tried again without a second effect

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.method}"


def read_calls(image: Path = DESCRIPTORS) -> tuple[Call, ...]:
    """Every call of our own services, in the order of the protos."""
    files = FileDescriptorSet.FromString(image.read_bytes()).file
    return tuple(
        _call(f"{file.package}.{service.name}", method)
        for file in files
        if file.package.startswith(PACKAGE)
        for service in file.service
        for method in service.method
    )


def _call(service: str, method: MethodDescriptorProto) -> Call:
    verb = method.options.Extensions[annotations_pb2.http].WhichOneof("pattern")
    return Call(service, method.name, method.server_streaming, verb == "get")
