"""Status of recordings: verdicts of current checks, and consent."""

import polars as pl
import pytest

from annotate.check.checks import CHECK_DEFINITIONS
from annotate.model.tables import Consents, Recordings, Verdicts
from annotate.model.verdict import CHECKS
from annotate.store.standing import consents, source_of, standing, stated, worst
from tests.builders import a_consent, a_recording, a_verdict, frame, lake_with, rec, sha
from tests.unit.check.builders import joined, verdicts

SILENCE = {"words": [], "segments": [], "speech": [], "speech_dbfs": None, "rms_dbfs": -90.0}
SHORT = {"duration_ms": 3000, "client_ms": 3000, "speech": [{"start_ms": 0, "end_ms": 3000}]}


def summary(**over):
    found = worst(verdicts(joined(**over)).lazy()).collect().row(0, named=True)
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


def test_there_is_one_row_per_recording():
    found = worst(verdicts(joined("a"), joined("b", duration_ms=3000)).lazy()).collect()
    assert found.columns == ["recording_id", "status", "reason"]
    assert found["recording_id"].to_list() == sorted([rec("a"), rec("b")])


def test_verdicts_of_removed_checks_are_ignored():
    removed = pl.DataFrame(
        {
            "recording_id": [rec()],
            "check": ["is_haunted"],
            "status": ["reject"],
            "reason": ["ghost"],
        }
    )
    columns = removed.columns
    found = worst(pl.concat([removed, verdicts(joined()).select(columns)]).lazy()).collect()
    assert found["status"].to_list() == ["pass"]
    assert worst(removed.lazy()).collect().is_empty()


def test_the_order_of_the_checks_is_that_of_their_names():
    assert tuple(question.name for question in CHECK_DEFINITIONS) == CHECKS


@pytest.mark.parametrize(
    ("statements", "checked", "expected"),
    [
        ([a_consent()], [a_verdict()], ("pass", None, "public")),
        ([a_consent()], [a_verdict(status="flag")], ("flag", "silent", "public")),
        ([a_consent()], [a_verdict(status="reject")], ("reject", "silent", "public")),
        ([a_consent()], [], ("unchecked", None, "public")),
        ([a_consent()], [a_verdict(check="is_haunted")], ("unchecked", None, "public")),
        ([], [a_verdict()], ("no_consent", None, None)),
        ([a_consent("a", "withdrawn")], [a_verdict()], ("withdrawn", None, "withdrawn")),
        (
            [a_consent("a", "withdrawn")],
            [a_verdict(status="reject")],
            ("withdrawn", None, "withdrawn"),
        ),
        (
            [a_consent(), a_consent("a", "internal", source="b")],
            [a_verdict()],
            ("pass", None, "internal"),
        ),
    ],
)
def test_the_status_of_a_recording(tmp_path, statements, checked, expected):
    lake = lake_with(tmp_path, {Consents: statements, Verdicts: checked})
    row = standing(lake).collect().row(0, named=True)
    assert (row["status"], row["reason"], row["scope"]) == expected


def test_the_newest_verdict_of_each_check_counts(tmp_path):
    lake = lake_with(tmp_path, {Consents: [a_consent()], Verdicts: [a_verdict(status="reject")]})
    lake.append(Verdicts, frame(Verdicts, [a_verdict()]))
    assert standing(lake).collect()["status"].to_list() == ["pass"]


def test_rows_can_be_limited_to_some_recordings(tmp_path):
    both = {
        Consents: [a_consent("a"), a_consent("b"), a_consent("b", "internal", source="else")],
        Verdicts: [a_verdict("a"), a_verdict("b")],
    }
    lake = lake_with(tmp_path, both)
    rows = standing(lake, pl.DataFrame({"recording_id": [rec("b")]})).collect()
    assert rows.select("recording_id", "scope").rows() == [(rec("b"), "internal")]
    assert dict(consents(lake).collect().iter_rows()) == {rec("a"): "public", rec("b"): "internal"}


def with_copies(root, *statements):
    """A lake in which `a` and `b` have the same samples, and `c` others."""
    rows = [a_recording(name, pcm_sha256=sha("same")) for name in "ab"]
    return lake_with(root, {Recordings: [*rows, a_recording("c")], Consents: statements})


@pytest.mark.parametrize("scope", ["withdrawn", "internal", "research"])
@pytest.mark.parametrize("name", ["a", "b"])
def test_the_narrowest_scope_of_copies_applies_to_each(tmp_path, name, scope):
    lake = with_copies(tmp_path, *map(a_consent, "abc"))
    lake.append(Consents, frame(Consents, [a_consent(name, scope)]))
    narrow = {rec("a"): scope, rec("b"): scope}
    assert dict(consents(lake).collect().iter_rows()) == {**narrow, rec("c"): "public"}
    for one in "ab":
        only = pl.DataFrame({"recording_id": [rec(one), rec("c")]})
        scopes = dict(consents(lake, only).collect().iter_rows())
        assert scopes == {rec(one): scope, rec("c"): "public"}
        assert dict(standing(lake, only).select("recording_id", "scope").collect().rows()) == scopes
    own = dict(stated(lake).collect().iter_rows())
    assert own == {**dict.fromkeys(map(rec, "abc"), "public"), rec(name): scope}


def test_consent_for_a_copy_does_not_apply_to_another(tmp_path):
    lake = with_copies(tmp_path, a_consent("a"), a_consent("unrelated", "internal"))
    scopes = dict(consents(lake).collect().iter_rows())
    assert scopes == {rec("a"): "public", rec("unrelated"): "internal"}
    only = pl.DataFrame({"recording_id": [rec("b")]})
    assert consents(lake, only).collect().is_empty()


def test_recordings_without_a_hash_of_samples_are_not_copies(tmp_path):
    lake = lake_with(tmp_path, {Consents: [a_consent("a"), a_consent("b", "internal")]})
    older = frame(Recordings, [a_recording("a"), a_recording("b")]).drop("pcm_sha256")
    lake.delta("recordings").append(older)
    scopes = dict(consents(lake).collect().iter_rows())
    assert scopes == {rec("a"): "public", rec("b"): "internal"}


@pytest.mark.parametrize(
    ("item", "source"),
    [
        ("demo/recordings/a.webm", "demo"),
        ("label-studio/localhost/3/17", "label-studio/localhost/3"),
        ("label-studio", "label-studio"),
    ],
)
def test_the_source_is_part_of_a_recordings_name(item, source):
    source_name = pl.select(source_of(pl.lit(item))).item()
    assert source_name == source
