"""The OpenAPI document: valid, complete, and as strict as the service is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from openapi_spec_validator import validate

from gateway.calls import DESCRIPTORS, PACKAGE
from gateway.openapi.comments import examples, reasons, summary
from gateway.pages import DOCUMENT
from gateway.replies import REPLIES
from trademesh.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parents[3]
API = json.loads(DOCUMENT.read_text("utf-8"))
SCHEMAS = API["components"]["schemas"]
OPERATIONS = {
    (verb, path): operation
    for path, item in API["paths"].items()
    for verb, operation in item.items()
}
CODE = "\n".join(
    path.read_text("utf-8")
    for folder in ("domain", "ports", "apps", "adapters", "gateway")
    for path in (ROOT / folder).rglob("*.py")
)


def operation(name: str) -> dict[str, Any]:
    [found] = [one for one in OPERATIONS.values() if one["operationId"] == name]
    return found


def field(message: str, name: str) -> dict[str, Any]:
    return SCHEMAS[message]["properties"][name]


def methods():
    for file in FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
        if file.package.startswith(PACKAGE):
            for service in file.service:
                for method in service.method:
                    yield f"{file.package}.{service.name}/{method.name}", method


def test_it_is_valid_openapi_3_1() -> None:
    assert API["openapi"] == "3.1.0"
    validate(API)


def test_it_holds_every_call_with_a_rest_form_and_nothing_else() -> None:
    expected = set()
    for name, method in methods():
        rule = method.options.Extensions[annotations_pb2.http]
        if verb := rule.WhichOneof("pattern"):
            expected.add((verb, getattr(rule, verb), name))
    found = {(verb, path, one["x-grpc-method"]) for (verb, path), one in OPERATIONS.items()}

    assert len(expected) > 60
    assert found == expected


def test_every_call_names_the_scope_that_its_proto_declares() -> None:
    declared = {
        name: method.options.Extensions[access_pb2.access].scope for name, method in methods()
    }
    for one in OPERATIONS.values():
        scope = declared[one["x-grpc-method"]]
        assert one["x-required-scope"] == scope
        assert one["security"] == [{"bearer": [scope]}]


def test_names_of_calls_are_unique_and_every_call_says_what_it_does() -> None:
    names = [one["operationId"] for one in OPERATIONS.values()]
    assert len(names) == len(set(names))
    assert all(one["summary"] and not one["summary"].endswith(".") for one in OPERATIONS.values())


def test_every_schema_is_referred_to_and_every_reference_is_there() -> None:
    for kind in ("headers", "responses", "schemas"):
        named = set(re.findall(rf'"#/components/{kind}/([^"]+)"', json.dumps(API)))
        assert named <= set(API["components"][kind])
        assert named == set(API["components"][kind]) or kind == "responses"


# Requests.


def test_what_the_path_carries_is_not_in_the_body() -> None:
    place = operation("PlaceOrder")
    [account] = place["parameters"]
    assert (account["name"], account["in"], account["required"]) == ("account_id", "path", True)
    assert set(SCHEMAS["PlaceOrderRequest"]["properties"]) == {
        "order",
        "request_id",
        "validate_only",
    }


def test_a_read_has_its_fields_in_the_query() -> None:
    parameters = {one["name"]: one for one in operation("ListBars")["parameters"]}
    assert "requestBody" not in operation("ListBars")
    assert parameters["instrument_id"]["in"] == "path"
    assert parameters["start_time"]["in"] == "query"
    assert parameters["start_time"]["schema"]["format"] == "date-time"
    assert parameters["timeframe"]["required"]
    assert not parameters["page_size"]["required"]


def test_a_request_must_carry_what_its_proto_requires() -> None:
    assert set(SCHEMAS["PlaceOrderRequest"]["required"]) == {"order", "request_id"}
    assert "limit_price" not in SCHEMAS["Order"]["required"]
    assert {"instrument_id", "side", "quantity", "order_type"} <= set(SCHEMAS["Order"]["required"])


def test_what_only_the_service_sets_is_read_only() -> None:
    assert field("Order", "order_id")["readOnly"]
    assert "readOnly" not in field("Order", "quantity")


@pytest.mark.parametrize("one", OPERATIONS.values(), ids=lambda one: one["operationId"])
def test_the_sample_of_a_request_is_one_that_the_schema_takes(one) -> None:
    if "requestBody" not in one:
        return
    content = one["requestBody"]["content"]["application/json"]
    assert not list(faults(content["example"], content["schema"]))


# Values.


def test_large_numbers_bytes_and_times_are_text() -> None:
    assert field("Import", "read_rows")["type"] == "string"
    assert field("UploadImportChunkRequest", "data")["contentEncoding"] == "base64"
    assert field("Order", "create_time")["format"] == "date-time"


def test_money_is_text_with_the_pattern_of_a_decimal() -> None:
    price = field("Order", "limit_price")
    assert price["type"] == "string"
    assert re.search(price["pattern"], "189.32")
    assert not re.search(price["pattern"], "189,32")


def test_examples_are_those_of_the_comments() -> None:
    assert field("Order", "instrument_id")["examples"] == ["AAPL.XNAS"]
    assert "examples" not in field("ListOrdersResponse", "next_page_token")


def test_rules_of_the_protos_are_rules_of_the_schemas() -> None:
    assert field("PlaceOrderRequest", "request_id")["format"] == "uuid"
    assert field("Order", "instrument_id") | {"maxLength": 64} == field("Order", "instrument_id")
    parameters = {one["name"]: one["schema"] for one in operation("ListBars")["parameters"]}
    assert parameters["page_size"]["minimum"] == 0
    assert "1d" in parameters["timeframe"]["enum"]
    assert "" not in parameters["timeframe"]["enum"]
    assert "" in field("Import", "timeframe")["enum"], "quotes and trades have none"


def test_an_enum_that_must_be_given_may_not_be_unspecified() -> None:
    assert field("Order", "side")["not"] == {"const": "SIDE_UNSPECIFIED"}
    assert "not" not in field("Order", "time_in_force")
    assert SCHEMAS["Side"]["enum"][-1] == "SIDE_UNSPECIFIED"


def test_of_a_group_exactly_one_member_is_taken_where_one_must_be() -> None:
    [group] = SCHEMAS["Export"]["allOf"]
    assert {"required": ["bars"]} in group["oneOf"]
    assert list(faults({}, SCHEMAS["Export"]))
    assert list(faults({"bars": {}, "account_fills": {}}, SCHEMAS["Export"]))


# Answers.


def test_an_answer_always_carries_what_has_no_presence() -> None:
    assert set(SCHEMAS["ListOrdersResponse"]["required"]) == {"orders", "next_page_token"}


def test_a_stream_comes_as_lines_or_events() -> None:
    content = operation("WatchAccount")["responses"]["200"]["content"]
    assert list(content) == ["application/jsonl", "text/event-stream"]
    assert list(operation("GetAccount")["responses"]["200"]["content"]) == ["application/json"]


def test_a_download_is_the_file_itself() -> None:
    content = operation("DownloadExport")["responses"]["200"]["content"]
    assert list(content) == ["text/csv", "application/vnd.apache.parquet"]


def test_every_status_of_the_gateway_is_told_of() -> None:
    for (_, path), one in OPERATIONS.items():
        statuses = {int(status) for status in one["responses"]}
        gateway = {reply.http for reply in REPLIES if reply.http not in (404, 413)}
        assert gateway <= statuses, one["operationId"]
        assert (413 in statuses) == ("requestBody" in one)
        assert 404 in statuses or "{" not in path


def test_every_reason_it_names_is_one_that_the_house_gives() -> None:
    named = {
        reason
        for one in OPERATIONS.values()
        for response in one["responses"].values()
        for reason in response.get("x-reasons", ())
    }
    made_of_parts = {f"{kind}_NOT_FOUND" for kind in ("ACCOUNT", "RUN", "BACKTEST", "IMPORT")}
    made_of_parts |= {"EXPORT_NOT_FOUND", "STRATEGY_NOT_FOUND"}  # `auth.py` puts them together
    missing = {one for one in named - made_of_parts if f'"{one}"' not in CODE}
    assert not missing


# Comments.


def test_reasons_go_with_the_code_behind_them() -> None:
    comment = (
        " Does it. Fails with A_NOT_FOUND, B_NOT_FOUND (NOT_FOUND), NO_BARS or TOO_LATE\n"
        " (INVALID_ARGUMENT), or with BUSY_NOW (ABORTED).\n"
    )
    assert reasons(comment, {}) == {
        404: ["A_NOT_FOUND", "B_NOT_FOUND"],
        400: ["NO_BARS", "TOO_LATE"],
        409: ["BUSY_NOW"],
    }


def test_reasons_without_a_code_go_by_their_names() -> None:
    assert reasons("Fails with A_NOT_FOUND, or NO_BARS.", {}) == {
        404: ["A_NOT_FOUND"],
        400: ["NO_BARS"],
    }
    both = "Fails with A_NOT_FOUND or NO_BARS (INVALID_ARGUMENT or NOT_FOUND)."
    assert reasons(both, {}) == {404: ["A_NOT_FOUND"], 400: ["NO_BARS"]}


def test_a_call_takes_over_the_reasons_of_another() -> None:
    others = {"PlaceOrder": "Fails with OFF_TICK (INVALID_ARGUMENT)."}
    assert reasons("Fails with ORDER_ENDED, or the reasons of PlaceOrder.", others) == {
        400: ["ORDER_ENDED", "OFF_TICK"]
    }


def test_the_first_sentence_is_the_summary() -> None:
    assert summary(" Places an order. Returns once it\n is kept.\n\n Fails.") == "Places an order"
    assert summary("Ends at 10 a.m. sharp.") == "Ends at 10 a.m. sharp"


def test_only_what_a_comment_shows_in_full_is_an_example() -> None:
    assert list(examples("The price: `189.32`.")) == ["189.32"]
    assert list(examples("`AAPL.XNAS` or `AAPL`.")) == ["AAPL.XNAS", "AAPL"]
    assert list(examples("The account: `acc_…`.")) == []
    assert list(examples("As with `validate_only` it says which.")) == []


def faults(value: Any, schema: dict[str, Any]):
    from openapi_schema_validator import OAS31Validator

    whole = {**schema, "components": API["components"]}
    return OAS31Validator(whole).iter_errors(value)
