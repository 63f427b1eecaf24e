"""How much may arrive."""

from __future__ import annotations

import pytest

from annotate.recorder.faults import Refusal
from annotate.recorder.limits import Rate, check_length, max_bytes

ALLOWED = max_bytes() + 8 * 2**20 + 64 * 2**10


def test_a_length_at_the_bound_passes_and_one_more_does_not() -> None:
    check_length(str(ALLOWED))
    with pytest.raises(Refusal) as refusal:
        check_length(str(ALLOWED + 1))
    assert (refusal.value.status, refusal.value.code) == (413, "too_large")


@pytest.mark.parametrize("declared", [None, "", "-1", "1e3", "12 "])
def test_a_body_must_say_how_long_it_is(declared: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_length(declared)
    assert (refusal.value.status, refusal.value.code) == (400, "length_required")


def test_the_bound_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_MAX_BYTES", "1000")
    with pytest.raises(Refusal):
        check_length(str(ALLOWED))


def test_each_user_has_so_many_uploads_in_any_minute() -> None:
    now = [0.0]
    rate = Rate(lambda: 2, clock=lambda: now[0])
    rate.count(1)
    now[0] = 10
    rate.count(1)
    rate.count(2)  # somebody else
    with pytest.raises(Refusal) as refusal:
        rate.count(1)
    assert (refusal.value.status, refusal.value.code) == (429, "too_many")
    assert refusal.value.retry_after_s == 50
    now[0] = 60  # the first is a minute ago
    rate.count(1)
    with pytest.raises(Refusal):
        rate.count(1)
