"""Properties of the checks and thresholds, for any recordings."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from annotate.check.step import find_copies
from annotate.check.thresholds import Thresholds
from annotate.store.standing import worst
from tests.builders import words
from tests.unit.check.builders import joined, verdicts

RANK = {"pass": 0, "flag": 1, "reject": 2}
TIGHTER_WHEN_RAISED = (
    "short",
    "no_speech",
    "little_speech",
    "silent",
    "noisy",
    "unsure",
    "slow",
    "unique",
    "trace_still",
    "trace_brief",
)


@st.composite
def recordings(draw):
    text = " ".join(draw(st.lists(st.sampled_from(["a", "red", "cat.", "um"]), max_size=60)))
    speech = draw(st.sampled_from([0, 1000, 20_000, 70_000]))
    return {
        "duration_ms": draw(st.integers(1, 1_000_000)),
        "client_ms": draw(st.none() | st.integers(0, 1_000_000)),
        "clipped_frac": draw(st.sampled_from([0.0, 0.01, 0.03, 0.04, 0.05, 0.5])),
        "rms_dbfs": draw(st.floats(-90, 0)),
        "words": words(text),
        "speech": [{"start_ms": 0, "end_ms": speech}] if speech else [],
        "speech_dbfs": -22.0 if speech else None,
        "noise_dbfs": draw(st.none() | st.floats(-90, 0)),
        "filled_ms": draw(st.none() | st.integers(0, 1000)),
        "transients_ms": draw(st.none() | st.lists(st.integers(0, 1000), max_size=2)),
        "earlier_copies": draw(st.integers(0, 2)),
    }


SHARDS = st.lists(recordings(), min_size=1, max_size=5).map(
    lambda rows: [joined(f"r{index}", **row) for index, row in enumerate(rows)]
)


@settings(max_examples=20, deadline=None)
@given(SHARDS, st.randoms(use_true_random=False))
def test_checks_ignore_row_order(rows, rng):
    shuffled = rng.sample(rows, len(rows))
    assert_frame_equal(verdicts(*rows), verdicts(*shuffled))
    mixed = verdicts(*shuffled).sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(worst(verdicts(*rows).lazy()), worst(mixed.lazy()))


@settings(max_examples=20, deadline=None)
@given(SHARDS)
def test_verdicts_do_not_depend_on_other_recordings_in_the_shard(rows):
    single = pl.concat([verdicts(row) for row in rows]).sort("recording_id", maintain_order=True)
    assert_frame_equal(verdicts(*rows), single, check_exact=True)


@settings(max_examples=25, deadline=None)
@given(recordings(), st.sampled_from(sorted(Thresholds.model_fields)), st.floats(0.01, 1))
def test_a_tighter_threshold_never_makes_a_verdict_milder(row, name, share):
    lenient = Thresholds()
    bound = getattr(lenient, name)
    step = max(1, round(abs(bound) * share)) if isinstance(bound, int) else abs(bound) * share
    raised = name.startswith(TIGHTER_WHEN_RAISED)
    strict = lenient.model_copy(update={name: bound + step if raised else bound - step})
    before, after = (verdicts(joined(**row), thresholds=each) for each in (lenient, strict))
    for mild, harsh in zip(before["status"], after["status"], strict=True):
        assert RANK[harsh] >= RANK[mild]


@settings(max_examples=25, deadline=None)
@given(recordings())
def test_a_verdict_has_a_reason_exactly_when_it_is_not_a_pass(row):
    for verdict in verdicts(joined(**row)).to_dicts():
        assert (verdict["status"] == "pass") == (verdict["reason"] is None)
        assert verdict["detail"].endswith(".")
        assert verdict["threshold"] is not None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("xyz"), max_size=8))
def test_exactly_one_of_each_set_of_copies_has_no_earlier_copies(samples):
    ids = [f"rec_{index}" for index in range(len(samples))]
    frame = pl.DataFrame(
        {"recording_id": ids, "pcm_sha256": samples},
        schema={"recording_id": pl.String, "pcm_sha256": pl.String},
    )
    found = find_copies(frame)
    assert sorted(found["recording_id"]) == ids
    firsts = found.filter(pl.col("earlier_copies") == 0)
    assert sorted(firsts["pcm_sha256"]) == sorted(set(samples))
