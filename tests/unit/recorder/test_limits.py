"""How much may arrive."""

from __future__ import annotations

import pytest

from annotate.recorder.errors import RequestError
from annotate.recorder.limits import check_length, max_bytes, upload_bytes

ALLOWED = max_bytes() + 8 * 2**20 + 64 * 2**10


def test_a_length_at_the_bound_passes_and_one_more_does_not() -> None:
    check_length(str(ALLOWED), upload_bytes())
    with pytest.raises(RequestError) as refusal:
        check_length(str(ALLOWED + 1), upload_bytes())
    assert (refusal.value.status, refusal.value.code) == (413, "too_large")


@pytest.mark.parametrize("declared", [None, "", "-1", "1e3", "12 ", "\u0663", "\xb2"])
def test_a_body_must_say_how_long_it_is(declared: str | None) -> None:
    with pytest.raises(RequestError) as refusal:
        check_length(declared, 1000)
    assert (refusal.value.status, refusal.value.code) == (400, "length_required")


def test_the_bound_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_MAX_BYTES", "1000")
    with pytest.raises(RequestError):
        check_length(str(ALLOWED), upload_bytes())


def test_a_length_of_thousands_of_digits_is_too_large_and_no_fault() -> None:
    with pytest.raises(RequestError) as refusal:
        check_length("9" * 5000, upload_bytes())
    assert refusal.value.code == "too_large"
