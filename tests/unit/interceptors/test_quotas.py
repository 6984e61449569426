"""Which refusals of too much are worth another try."""

import pytest
from google.rpc.error_details_pb2 import RetryInfo

from apps.interceptors.errors import to_status
from domain.errors import QuotaExceeded


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        ("QUOTA_EXCEEDED", True),
        ("BODY_TOO_LARGE", False),
        ("CHUNK_TOO_LARGE", False),
        ("IMPORT_TOO_LARGE", False),
    ],
)
def test_what_never_fits_is_not_to_be_sent_again(reason: str, again: bool) -> None:
    details = to_status(QuotaExceeded("too much", reason=reason)).details
    assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in details) == again
