import polars as pl
import pytest

from annotate.check.summary import worst
from tests.builders import rec
from tests.unit.check.judged import joined, verdicts

SILENCE = {"words": [], "segments": [], "speech": [], "speech_dbfs": None, "rms_dbfs": -90.0}
SHORT = {"duration_ms": 3000, "client_ms": 3000, "speech": [{"start_ms": 0, "end_ms": 3000}]}


def summary(**over):
    found = worst(verdicts(joined(**over))).row(0, named=True)
    return found["status"], found["reason"]


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        ({}, ("pass", None)),
        ({"clipped_frac": 0.04}, ("flag", "clipped")),
        ({"clipped_frac": 0.2}, ("reject", "clipped")),
        (SHORT, ("reject", "too_short")),
        ({**SHORT, **SILENCE}, ("reject", "too_short")),
        ({**SHORT, "client_ms": 60_000}, ("reject", "truncated")),
        ({**SILENCE, "duration_ms": 20_000, "client_ms": 20_000}, ("reject", "no_speech")),
        ({**SILENCE, "duration_ms": 19_980, "client_ms": 20_000}, ("reject", "no_speech")),
        ({**SILENCE, "earlier_copies": 1, "first_copy": "rec_0"}, ("reject", "no_speech")),
        ({"earlier_copies": 1, "first_copy": "rec_0"}, ("reject", "duplicate_audio")),
        ({"duration_ms": 15_000, "client_ms": 15_600, "clipped_frac": 0.2}, ("reject", "clipped")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_worst_status_and_the_first_reason_for_it(recording, expected):
    assert summary(**recording) == expected


def test_one_line_a_recording():
    found = worst(verdicts(joined("a"), joined("b", duration_ms=3000)))
    assert found.columns == ["recording_id", "status", "reason"]
    assert found["recording_id"].to_list() == sorted([rec("a"), rec("b")])


def test_a_check_that_exists_no_more_is_passed_over():
    gone = pl.DataFrame(
        {
            "recording_id": [rec()],
            "check": ["is_haunted"],
            "status": ["reject"],
            "reason": ["ghost"],
        }
    )
    columns = gone.columns
    found = worst(pl.concat([gone, verdicts(joined()).select(columns)]))
    assert found["status"].to_list() == ["pass"]
    assert worst(gone).is_empty()
