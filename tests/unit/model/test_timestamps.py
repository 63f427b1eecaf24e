"""Parsing of dates and times, and rejection of invalid ones."""

from datetime import UTC, datetime, timedelta

import pytest

from annotate.model.timestamps import error_in, span

NINE = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T09:00:00Z",
        "2026-11-01t09:00:00z",
        "2026-11-01 09:00:00+00:00",
        "2026-11-01T10:00:00+01:00",
        "2026-11-01T09:00Z",
        "2026-11-01T09:00:00.000000000Z",
    ],
)
def test_a_time_with_a_zone_is_exact(text: str) -> None:
    assert span(text) == (NINE, NINE)
    assert error_in(text) is None


def test_a_time_without_a_zone_is_a_span_of_all_zones() -> None:
    assert span("2026-11-01T09:00:00") == (NINE - timedelta(hours=14), NINE + timedelta(hours=12))


def test_a_date_is_a_span_of_a_day_in_all_zones() -> None:
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    assert span("2026-11-01") == (midnight - timedelta(hours=14), midnight + timedelta(hours=36))


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday-ish", "2026", "2026-11", "20261101", "2026-11-31", "2026-W44-7"),
        *("1761987600", "2026-11-01T25:00:00Z", "2026-11-01T09:00:00+25:00", "1 November 2026"),
        *(
            "2026-11-01T09:00:00Z ",
            "\u0662\u0660\u0662\u0666-11-01",
            "0000-01-01",
            "2026-11-01T09",
            "-2026-11-01",
        ),
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_invalid_times_are_rejected(text: str) -> None:
    assert span(text) is None
    assert error_in(text) is not None


def test_impossible_times_are_errors() -> None:
    now = datetime.now(UTC)
    assert "before" in str(error_in("1970-01-01T00:00:00Z"))
    assert "future" in str(error_in("2999-01-01"))
    assert "future" in str(error_in((now + timedelta(days=2)).isoformat()))
    assert error_in((now + timedelta(hours=12)).isoformat()) is None
    assert error_in(now.date().isoformat()) is None
