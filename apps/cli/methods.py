"""The calls of the API, found in the generated descriptors: no list of them is kept here."""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import trademesh
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest


@dataclass(frozen=True)
class Method:
    """One call: its full name, its messages, its manners."""

    descriptor: MethodDescriptor

    @property
    def name(self) -> str:
        """`orders.OrderService/PlaceOrder`, as it is typed."""
        return f"{short_name(self.descriptor.containing_service)}/{self.descriptor.name}"

    @property
    def path(self) -> str:
        """As gRPC sends it."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def streams(self) -> bool:
        """Answers with a series of messages."""
        return bool(self.descriptor.server_streaming)

    @property
    def request(self) -> type[Message]:
        return GetMessageClass(self.descriptor.input_type)

    @property
    def response(self) -> type[Message]:
        return GetMessageClass(self.descriptor.output_type)

    @property
    def mutates(self) -> bool:
        """Carries a `request_id`, so the same call twice is harmless."""
        return "request_id" in self.descriptor.input_type.fields_by_name

    @property
    def may_be_repeated(self) -> bool:
        """A read, or a call that is recognised when it comes again."""
        return self.mutates or self.descriptor.name.startswith(("Get", "List", "Watch", "Stream"))

    @property
    def resumes(self) -> bool:
        """A stream that goes on behind a cursor."""
        return self.streams and "cursor" in self.descriptor.input_type.fields_by_name

    @property
    def rest(self) -> str:
        """`POST /v1/orders`: the same call over REST."""
        rule = self.descriptor.GetOptions().Extensions[annotations_pb2.http]
        verb = rule.WhichOneof("pattern")
        return f"{verb.upper()} {getattr(rule, verb)}" if verb else ""


def find_method(name: str) -> Method:
    """A call by `SERVICE/Method`, the service short, with its noun or in full.

    Raises Failure (exit 2) with the nearest name.
    """
    service_name, _, method_name = name.strip("/").replace(":", "/").partition("/")
    for service in _services(noun=_noun_of(service_name)):
        if service_name not in _names(service):
            continue
        method = service.methods_by_name.get(method_name)
        if method is not None:
            return Method(method)
    raise _unknown(name)


def all_methods() -> list[Method]:
    """Every call of every service, by name."""
    methods = [Method(method) for service in _services() for method in service.methods]
    return sorted(methods, key=lambda method: method.name)


def short_name(service: ServiceDescriptor) -> str:
    """`orders.OrderService` for `trademesh.orders.v1.OrderService`."""
    _, noun, _, name = service.full_name.split(".")
    return f"{noun}.{name}"


def _names(service: ServiceDescriptor) -> set[str]:
    return {service.name, short_name(service), service.full_name}


def _noun_of(service_name: str) -> str | None:
    parts = service_name.removeprefix("trademesh.").split(".")
    return parts[0] if len(parts) > 1 else None


@cache
def _services(noun: str | None = None) -> tuple[ServiceDescriptor, ...]:
    """Of one noun where it is known, since each import costs the start some milliseconds."""
    found: list[ServiceDescriptor] = []
    for module in pkgutil.walk_packages(trademesh.__path__, "trademesh."):
        if module.name.endswith("_service_pb2") and (noun is None or f".{noun}." in module.name):
            found += import_module(module.name).DESCRIPTOR.services_by_name.values()
    return tuple(found)


def _unknown(name: str) -> Failure:
    known = nearest(name, (method.name for method in all_methods()))
    return Failure(
        ExitCode.USAGE,
        f"no call {name}",
        hint=f"trademesh api call {known}" if known else "trademesh api list",
    )
