"""What each call needs, read from the protos. A call that does not say so stops the server."""

from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from msgspec import Struct

from ports.ownership import OwnedKind
from trademesh.access.v1 import access_pb2

UNDECLARED = access_pb2.OBJECT_RULE_UNSPECIFIED
NO_OBJECT = frozenset({access_pb2.OBJECT_RULE_INSTALLATION, access_pb2.OBJECT_RULE_TENANT})
KINDS: Mapping[int, OwnedKind] = {
    access_pb2.OBJECT_RULE_ACCOUNT: OwnedKind.ACCOUNT,
    access_pb2.OBJECT_RULE_RUN: OwnedKind.RUN,
    access_pb2.OBJECT_RULE_BACKTEST: OwnedKind.BACKTEST,
    access_pb2.OBJECT_RULE_IMPORT: OwnedKind.IMPORT,
    access_pb2.OBJECT_RULE_STRATEGY: OwnedKind.STRATEGY,
    access_pb2.OBJECT_RULE_EXPORT: OwnedKind.EXPORT,
    access_pb2.OBJECT_RULE_KILL_SWITCH: OwnedKind.KILL_SWITCH,
}


class UndeclaredCall(Exception):
    """A call's proto does not say who may make it. Found when the server starts."""


class Access(Struct, frozen=True):
    """Who may make a call: the scope, and the kind of object that `id_field` names, if any."""

    scope: str
    kind: OwnedKind | None
    id_field: str = ""


def access_of_services(names: Iterable[str]) -> dict[str, Access]:
    """The access of every call of these services by its gRPC path. Raises UndeclaredCall."""
    return {
        f"/{name}/{method.name}": access_of(method)
        for name in names
        for method in Default().FindServiceByName(name).methods
    }


def access_of(method: MethodDescriptor) -> Access:
    """Raises UndeclaredCall where scope or object rule are missing, or name no field."""
    declared = method.GetOptions().Extensions[access_pb2.access]
    rule = declared.object_rule
    if not declared.scope or rule == UNDECLARED:
        raise UndeclaredCall(f"{method.full_name} declares no scope or no object rule")
    if rule in NO_OBJECT:
        return Access(declared.scope, None)
    if rule not in KINDS:
        raise UndeclaredCall(f"{method.full_name} has an object rule that nothing enforces: {rule}")
    access = Access(declared.scope, KINDS[rule], f"{KINDS[rule]}_id")
    if access.id_field not in method.input_type.fields_by_name:
        raise UndeclaredCall(f"{method.full_name} has no field {access.id_field}")
    return access


def all_scopes(accesses: Iterable[Access]) -> frozenset[str]:
    """Every scope that some call needs: what the local token carries."""
    return frozenset(access.scope for access in accesses)
