"""Each check at its thresholds: the threshold itself passes, a value just beyond it doesn't."""

import re

import pytest

from annotate.check.checks import CHECK_DEFINITIONS
from annotate.check.thresholds import Thresholds
from annotate.model.tables import REASON
from tests.builders import words
from tests.unit.check.builders import TEXT, joined, verdict, verdicts


def spoken(length_ms):
    return [{"start_ms": 0, "end_ms": length_ms}]


def doubts(**over):
    base = {
        "avg_logprob": -0.2,
        "no_speech_prob": 0.0,
        "compression_ratio": 1.4,
        "temperature": 0.0,
    }
    return {"segments": [{"start_ms": 0, "end_ms": 60_000, "text": TEXT, **base, **over}]}


def loop_of(count):
    text = f"{TEXT} {'so ' * count}"
    return {"words": words(text, each_ms=300), "duration_ms": 80_000}


CASES = [
    ("is_rewritten", {"corrected_words": None}, "pass"),
    ("is_rewritten", {"corrected_words": 42}, "pass"),
    ("is_rewritten", {"corrected_words": 43}, "flag"),
    ("is_rewritten", {"corrected_words": 0, "words": []}, "pass"),
    ("has_lost_edits", {"edits_lost": None}, "pass"),
    ("has_lost_edits", {"edits_lost": 0}, "pass"),
    ("has_lost_edits", {"edits_lost": 1}, "flag"),
    ("is_truncated", {"client_ms": 70_500}, "pass"),
    ("is_truncated", {"client_ms": 70_501}, "flag"),
    ("is_truncated", {"client_ms": 77_777}, "flag"),
    ("is_truncated", {"client_ms": 77_779}, "reject"),
    ("is_truncated", {"duration_ms": 7000, "client_ms": 8000}, "flag"),
    ("is_truncated", {"duration_ms": 7000, "client_ms": 8001}, "reject"),
    ("is_truncated", {"client_ms": None}, "pass"),
    ("is_overlong", {"client_ms": 68_000}, "pass"),
    ("is_overlong", {"client_ms": 67_999}, "flag"),
    ("is_overlong", {"client_ms": None}, "pass"),
    ("has_gaps", {"filled_ms": 250}, "pass"),
    ("has_gaps", {"filled_ms": 251}, "flag"),
    ("has_gaps", {"filled_ms": None}, "pass"),
    ("is_too_short", {"duration_ms": 20_000}, "pass"),
    ("is_too_short", {"duration_ms": 19_999}, "flag"),
    ("is_too_short", {"duration_ms": 4999}, "reject"),
    ("is_too_long", {"duration_ms": 180_000}, "pass"),
    ("is_too_long", {"duration_ms": 180_001}, "flag"),
    ("is_too_long", {"duration_ms": 900_001}, "reject"),
    ("is_clipped", {"clipped_frac": 0.03}, "pass"),
    ("is_clipped", {"clipped_frac": 0.031}, "flag"),
    ("is_clipped", {"clipped_frac": 0.051}, "reject"),
    ("is_no_speech", {"speech": spoken(1400)}, "pass"),
    ("is_no_speech", {"speech": spoken(1399)}, "reject"),
    ("is_no_speech", {"words": []}, "reject"),
    ("is_silent", {"rms_dbfs": -45.0}, "pass"),
    ("is_silent", {"rms_dbfs": -45.1}, "flag"),
    ("is_silent", {"rms_dbfs": -65.1}, "reject"),
    ("is_noisy", {"noise_dbfs": -34.0}, "pass"),
    ("is_noisy", {"noise_dbfs": -33.9}, "flag"),
    ("is_noisy", {"noise_dbfs": None}, "pass"),
    ("has_transients", {"transients_ms": []}, "pass"),
    ("has_transients", {"transients_ms": [120]}, "flag"),
    ("has_transients", {"transients_ms": None}, "pass"),
    ("has_little_speech", {"speech": spoken(28_000)}, "pass"),
    ("has_little_speech", {"speech": spoken(27_999)}, "flag"),
    ("is_invented", {"speech": spoken(56_000)}, "pass"),
    ("is_invented", {"speech": spoken(54_000)}, "flag"),
    ("is_invented", {"speech": spoken(29_000)}, "reject"),
    ("is_unsure", doubts(avg_logprob=-1.0), "pass"),
    ("is_unsure", doubts(avg_logprob=-1.01), "flag"),
    ("is_unsure", doubts(avg_logprob=-2.51), "reject"),
    ("is_unsure", {"segments": []}, "pass"),
    ("is_hurried", {"speech": spoken(30_000)}, "pass"),
    ("is_hurried", {"speech": spoken(29_999)}, "flag"),
    ("is_hurried", {"speech": spoken(16_799)}, "reject"),
    ("is_slow", {"words": words("one " * 60), "speech": spoken(60_000)}, "pass"),
    ("is_slow", {"words": words("one " * 59), "speech": spoken(60_000)}, "flag"),
    ("is_repetitive", doubts(compression_ratio=2.4), "pass"),
    ("is_repetitive", doubts(compression_ratio=2.41), "flag"),
    ("repeats_itself", loop_of(8), "pass"),
    ("repeats_itself", loop_of(9), "flag"),
    ("repeats_itself", loop_of(61), "reject"),
    ("is_monotonous", {"words": words(" ".join(f"w{i % 40}" for i in range(100)))}, "pass"),
    ("is_monotonous", {"words": words(" ".join(f"w{i % 39}" for i in range(100)))}, "flag"),
    ("is_trace_outside", {"trace_outside_frac": 0.05}, "pass"),
    ("is_trace_outside", {"trace_outside_frac": 0.051}, "flag"),
    ("is_trace_outside", {"trace_outside_frac": None}, "pass"),
    ("is_trace_still", {"trace_extent_frac": 0.01}, "pass"),
    ("is_trace_still", {"trace_extent_frac": 0.009}, "flag"),
    ("is_trace_still", {"trace_extent_frac": 0.0, "trace_points": 4}, "pass"),
    ("is_trace_still", {"trace_extent_frac": None, "trace_points": None}, "pass"),
    ("is_trace_brief", {"trace_end_ms": 1400}, "pass"),
    ("is_trace_brief", {"trace_end_ms": 1399}, "flag"),
    ("is_trace_brief", {"trace_end_ms": 7, "trace_points": 4}, "pass"),
    ("is_trace_brief", {"trace_end_ms": None, "trace_points": 0}, "pass"),
    ("is_duplicate", {"earlier_copies": 0}, "pass"),
    ("is_duplicate", {"earlier_copies": 1, "first_copy": "rec_0"}, "reject"),
]


@pytest.mark.parametrize(("check", "changed", "status"), CASES)
def test_a_check_at_its_bounds(check, changed, status):
    found = verdict(check, **changed)
    reason = next(definition.reason for definition in CHECK_DEFINITIONS if definition.name == check)
    assert (found["status"], found["reason"]) == (status, None if status == "pass" else reason)


def test_every_status_of_every_check_has_a_case():
    tested = {(check, status) for check, _, status in CASES}
    for definition in CHECK_DEFINITIONS:
        assert (definition.name, "pass") in tested
        assert ((definition.name, "flag") in tested) == (definition.flag is not None)
        assert ((definition.name, "reject") in tested) == (definition.reject is not None)


def test_good_speech_passes_every_check():
    found = verdicts(joined())
    assert found["check"].to_list() == [definition.name for definition in CHECK_DEFINITIONS]
    assert set(found["status"]) == {"pass"}
    assert found["detail"].null_count() == 0


def test_names_and_reasons_are_unique_and_valid():
    for names in ([q.name for q in CHECK_DEFINITIONS], [q.reason for q in CHECK_DEFINITIONS]):
        assert len(set(names)) == len(names)
    for definition in CHECK_DEFINITIONS:
        assert definition.name.startswith(("is_", "has_", "repeats_"))
        assert re.fullmatch(REASON, definition.reason)


@pytest.mark.parametrize(
    ("duration_ms", "threshold", "detail"),
    [
        (70_000, 20.0, "It lasts 70.0 s; 20.0 s is the least."),
        (12_340, 20.0, "It lasts 12.3 s; 20.0 s is the least."),
        (3000, 5.0, "It lasts 3.0 s; 5.0 s is the least."),
    ],
)
def test_a_verdict_has_the_threshold_that_applied(duration_ms, threshold, detail):
    found = verdict("is_too_short", duration_ms=duration_ms)
    assert (found["value"], found["threshold"]) == (duration_ms / 1000, threshold)
    assert found["detail"] == detail


def test_the_detail_of_a_duplicate_names_the_first_copy():
    found = verdict("is_duplicate", earlier_copies=2, first_copy="rec_first")
    assert found["detail"].endswith("the first is rec_first.")
    assert verdict("is_duplicate")["detail"] == "No recording before it has the same samples."


def test_the_channels_of_speech_are_named():
    found = verdict("is_no_speech", words=[], channels=3, used_channels=[1, 3], track=2)
    assert found["detail"].endswith("Looked at: channel 1, 3 of 3 in track 2.")
    assert verdict("is_no_speech", words=[], track=None)["detail"].endswith("all channels.")


def test_transients_name_the_time_of_the_first():
    found = verdict("has_transients", transients_ms=[12_340, 60_000])
    assert "2, where 0 may be; the first at 12.3 s" in found["detail"]


def test_thresholds_can_be_changed():
    strict = Thresholds(short_flag_s=60, short_reject_s=30)
    assert verdict("is_too_short", strict, duration_ms=25_000)["status"] == "reject"
    assert verdict("is_too_short", strict, duration_ms=50_000)["status"] == "flag"
