"""Limits of the size of a request."""

from __future__ import annotations

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.limits import check_length, max_bytes, upload_bytes

ALLOWED = max_bytes() + 8 * 2**20 + 64 * 2**10


def test_the_maximum_length_is_accepted_and_one_byte_more_rejected() -> None:
    check_length(str(ALLOWED), upload_bytes())
    with pytest.raises(RequestError) as caught:
        check_length(str(ALLOWED + 1), upload_bytes())
    assert (caught.value.status, caught.value.code) == (413, "too_large")


@pytest.mark.parametrize("declared", [None, "", "-1", "1e3", "12 ", "\u0663", "\xb2"])
def test_a_request_without_a_valid_length_is_rejected(declared: str | None) -> None:
    with pytest.raises(RequestError) as caught:
        check_length(declared, 1000)
    assert (caught.value.status, caught.value.code) == (400, "length_required")


def test_the_limit_can_be_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_MAX_BYTES", "1000")
    with pytest.raises(RequestError):
        check_length(str(ALLOWED), upload_bytes())


def test_a_length_of_thousands_of_digits_is_rejected() -> None:
    with pytest.raises(RequestError) as caught:
        check_length("9" * 5000, upload_bytes())
    assert caught.value.code == "too_large"
