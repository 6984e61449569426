"""Every call says who may make it."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from apps.interceptors.access import UndeclaredCall, access_of, access_of_services, all_scopes
from gateway.calls import DESCRIPTORS, read_calls
from ports.ownership import OwnedKind
from tests.unit.gateway.standin import registrations
from trademesh.access.v1 import access_pb2

SERVICES = sorted({call.service for call in read_calls()})
registrations()  # loads the generated code of every service


def test_every_call_of_the_image_declares_scope_and_object_rule() -> None:
    access = access_of_services(SERVICES)
    assert access.keys() == {call.path for call in read_calls()}


def test_writing_needs_another_scope_than_reading() -> None:
    access = access_of_services(SERVICES)
    for call in read_calls():
        assert access[call.path].scope.endswith(".read") == call.reads, call.path


def test_a_call_on_an_account_names_the_account() -> None:
    access = access_of_services(["trademesh.orders.v1.OrderService"])
    place = access["/trademesh.orders.v1.OrderService/PlaceOrder"]
    assert (place.scope, place.kind, place.id_field) == (
        "orders.write",
        OwnedKind.ACCOUNT,
        "account_id",
    )


def test_the_local_token_can_carry_every_scope() -> None:
    scopes = all_scopes(access_of_services(SERVICES).values())
    assert {"orders.read", "orders.write", "market_data.write", "strategies.run"} <= scopes


@pytest.mark.parametrize(
    ("scope", "rule"),
    [
        ("", access_pb2.OBJECT_RULE_TENANT),
        ("orders.read", access_pb2.OBJECT_RULE_UNSPECIFIED),
        ("orders.read", access_pb2.OBJECT_RULE_ACCOUNT),  # its request has no account_id
        ("orders.read", 99),
    ],
    ids=["no scope", "no rule", "no such field", "a rule nobody enforces"],
)
def test_a_call_that_does_not_declare_itself_is_refused(scope: str, rule: int) -> None:
    with pytest.raises(UndeclaredCall, match="Do"):
        access_of(a_method(scope, rule))


def a_method(scope: str, rule: int):
    file = FileDescriptorProto(name="x.proto", package="x", syntax="proto3")
    file.dependency.append("trademesh/access/v1/access.proto")
    file.message_type.add().name = "DoRequest"
    method = file.service.add(name="XService").method.add(name="Do")
    method.input_type = method.output_type = ".x.DoRequest"
    method.options.Extensions[access_pb2.access].scope = scope
    method.options.Extensions[access_pb2.access].object_rule = rule
    pool = DescriptorPool()
    for needed in ("google/protobuf/descriptor.proto", "trademesh/access/v1/access.proto"):
        pool.Add(file_of_the_image(needed))
    pool.Add(file)
    return pool.FindServiceByName("x.XService").methods[0]


def file_of_the_image(name: str) -> FileDescriptorProto:
    files = FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
    return next(file for file in files if file.name == name)
