"""Properties of the matching of annotators' corrections to the words of any transcript."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.align.edits import edited, place
from annotate.caption.compose import Narration, compose
from annotate.evaluation.faithfulness import unsupported_words
from annotate.label_studio.second_look import EditClaim
from annotate.model.edit import NEAR_MS, Change, is_plain
from annotate.model.narration import NarratedWord
from annotate.model.tables import Captions, Edits, Narrations, Transcripts, dtypes
from annotate.recorder.edits import check_edit
from annotate.recorder.errors import RequestError
from tests.builders import a_narration, a_transcript, frame, img, rec

TEXTS = st.sampled_from(["a", "A,", "the", "very", "boat.", "かべ", "—", "…", "3.5"])
LENGTHS = st.integers(0, 600)


@st.composite
def transcripts(draw: st.DrawFn) -> list[NarratedWord]:
    """Words in order and without overlap, as transcripts have them; some last no time."""
    words, now = [], 0
    for text in draw(st.lists(TEXTS, max_size=12)):
        start = now + draw(LENGTHS)
        now = start + draw(LENGTHS)
        words.append(
            NarratedWord(
                **{"text": text, "start_ms": start, "end_ms": now, "probability": 0.5},
                **{"x_frac": None, "y_frac": None, "tie": "none"},
            )
        )
    return words


@st.composite
def corrected(draw: st.DrawFn) -> tuple[list[NarratedWord], list[Change]]:
    words = draw(transcripts())
    chosen = [at for at in range(len(words)) if draw(st.booleans())]
    return words, [
        Change(
            word=at,
            start_ms=words[at].start_ms,
            end_ms=words[at].end_ms,
            recognized=words[at].text,
            text=f"change {at}",
        )
        for at in chosen
    ]


@given(corrected())
def test_in_the_transcript_shown_every_change_is_placed_on_its_own_word(
    given_words: tuple[list[NarratedWord], list[Change]],
) -> None:
    words, changes = given_words
    placed = place(changes, words)
    assert placed.texts == {change.word: change.text for change in changes}
    assert placed.lost == ()


@given(corrected(), transcripts())
def test_every_change_is_placed_once_on_a_word_with_the_same_text_or_lost(
    given_words: tuple[list[NarratedWord], list[Change]], other_words: list[NarratedWord]
) -> None:
    _, changes = given_words
    placed = place(changes, other_words)
    assert len(placed.texts) + len(placed.lost) == len(changes)
    by_text = {change.text: change for change in changes}
    assert set(placed.texts.values()) | {change.text for change in placed.lost} == set(by_text)
    for at, text in placed.texts.items():
        change, word = by_text[text], other_words[at]
        assert change.recognized.casefold().strip(".,") == word.text.casefold().strip(".,")
        assert abs(change.start_ms - word.start_ms) <= NEAR_MS
        assert abs(change.end_ms - word.end_ms) <= NEAR_MS


@given(corrected(), st.integers(-NEAR_MS, NEAR_MS))
def test_a_small_shift_of_all_times_loses_no_change(
    given_words: tuple[list[NarratedWord], list[Change]], shift_ms: int
) -> None:
    words, changes = given_words
    later = [
        replace(word, start_ms=word.start_ms + shift_ms, end_ms=word.end_ms + shift_ms)
        for word in words
    ]
    all_changed = [change for change in changes if len(changes) == len(words)]
    assert place(all_changed, later).lost == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
WORD_INDICES = st.integers(0, 3) | st.sampled_from([-1, 4, 10**400, True, 0.0, "1", None])
WRITTEN = st.text(max_size=6) | st.sampled_from(["", "x" * 101, " a", "a\u2028b", "\u200c"])
CLAIMS = st.fixed_dictionaries(
    {
        "version": st.sampled_from([1, 1, 1, 2, True, "1"]),
        "changes": st.lists(
            st.fixed_dictionaries({"word": WORD_INDICES, "text": WRITTEN}) | ANYTHING, max_size=3
        )
        | ANYTHING,
    }
)
SHOWN = {"words": [{"text": "a"}] * 4}


@given(CLAIMS | ANYTHING)
def test_any_claim_is_accepted_or_rejected_and_ingest_accepts_what_the_recorder_accepts(
    claim: Any,
) -> None:
    try:
        check_edit(claim, SHOWN)
    except RequestError as error:
        assert (error.status, error.code) == (400, "bad_edit")  # noqa: PT017 - or none at all
        return
    accepted = EditClaim.model_validate_json(json.dumps(claim))
    assert [change.model_dump() for change in accepted.changes] == claim["changes"]
    assert all(is_plain(change.text) for change in accepted.changes)


RECOGNIZED = st.sampled_from(
    ["a", "red", "boat,", "um,", "3.5", "5%", "...", "\u2014", "か", "Oh", "th-"]
)
PLAIN = st.text(max_size=8).map(lambda text: " ".join(text.split())).filter(is_plain)
REWRITTEN = PLAIN | RECOGNIZED


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(RECOGNIZED, st.none() | REWRITTEN, LENGTHS), max_size=12),
    st.sampled_from(["en", "ja", "ar"]),
)
def test_corrected_words_in_a_caption_are_supported_only_by_the_edit(
    spoken_text: list[tuple[str, str | None, int]], language: str
) -> None:
    words: list[dict[str, Any]] = []
    for text, _, pause_ms in spoken_text:
        start = (words[-1]["end_ms"] if words else 0) + pause_ms
        words.append({"text": text, "start_ms": start, "end_ms": start + 200, "probability": 0.9})
    result = [{**word, "x_frac": None, "y_frac": None, "tie": "none"} for word in words]
    narrated = [NarratedWord(**word) for word in result]
    changes = [
        Change(word=at, start_ms=one.start_ms, end_ms=one.end_ms, recognized=one.text, text=text)
        for at, (one, (_, text, _)) in enumerate(zip(narrated, spoken_text, strict=True))
        if text is not None and text != one.text
    ]
    narration = Narration(
        **{"recording_id": rec(), "status": "pass", "language": language},
        words=edited(narrated, place(changes, narrated).texts),
    )
    row = {**asdict(compose(img(), [narration])), "caption_id": f"cap_{'0' * 16}"}
    caption = frame(Captions, [row]).with_columns(fixed=pl.lit(False))
    spoken = [{**word, "segment": 0, "interpolated": False} for word in words]
    transcripts_read = frame(Transcripts, [a_transcript("", words=spoken)])
    tied = frame(Narrations, [a_narration(words=result)])
    kinds = dtypes(Edits)
    edits = pl.DataFrame(
        [{"recording_id": rec(), "changes": [asdict(change) for change in changes]}],
        schema={name: kinds[name] for name in ("recording_id", "changes")},
    )
    assert unsupported_words(caption, transcripts_read, tied, edits).is_empty()
    unsupported = unsupported_words(caption, transcripts_read, tied)
    by_annotator = [one for one in row["lineage"] if one["kind"] == "edited"]
    assert unsupported.height == len(by_annotator)
    assert set(unsupported["why"]) <= {"not_reviewed"}
