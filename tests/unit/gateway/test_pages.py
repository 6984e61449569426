"""The pages that Envoy serves itself."""

import re

import pytest

from gateway.openapi.sample import REQUEST_ID
from gateway.pages import ASSETS, BROWSER, version
from tests.unit.gateway.standin import StandIn

PAGES = ["/openapi.json", "/docs", "/docs/", *(f"/docs/{version()}/{name}" for name in ASSETS)]


@pytest.mark.parametrize("path", PAGES)
def test_they_need_no_token(house: StandIn, path: str) -> None:
    answer = house.call("GET", path, token=None)
    assert answer.status == 200
    assert answer.body
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_their_head_can_be_asked_for_alone(house: StandIn, path: str) -> None:
    answer = house.call("HEAD", path, token=None)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_done_to_them(house: StandIn, method: str) -> None:
    assert house.call(method, "/openapi.json").reason == "ROUTE_NOT_FOUND"


@pytest.mark.parametrize("path", ["/docs/x", "/docs/NOTICE", "/docs/../openapi/document.py"])
def test_no_other_file_is_served(house: StandIn, path: str) -> None:
    assert house.get(path).reason == "ROUTE_NOT_FOUND"


def test_the_page_replaces_the_request_id_that_the_samples_carry() -> None:
    script = (BROWSER / "page.js").read_text("utf-8")
    assert re.findall(r'EXAMPLE = "([^"]+)"', script) == [REQUEST_ID]
