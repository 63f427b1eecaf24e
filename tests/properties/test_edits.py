"""One rule for finding corrected words again: what it promises whatever was recognized."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.align.edits import place
from annotate.label_studio.second_look import EditClaim
from annotate.model.edit import NEAR_MS, Change, is_plain
from annotate.model.narration import NarratedWord
from annotate.recorder.edits import check_edit
from annotate.recorder.faults import Refusal

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
def test_in_what_was_shown_every_change_falls_on_its_own_word(
    given_words: tuple[list[NarratedWord], list[Change]],
) -> None:
    words, changes = given_words
    placed = place(changes, words)
    assert placed.texts == {change.word: change.text for change in changes}
    assert placed.lost == ()


@given(corrected(), transcripts())
def test_every_change_is_placed_once_or_lost_and_only_on_a_word_that_reads_the_same(
    given_words: tuple[list[NarratedWord], list[Change]], others: list[NarratedWord]
) -> None:
    _, changes = given_words
    placed = place(changes, others)
    assert len(placed.texts) + len(placed.lost) == len(changes)
    by_text = {change.text: change for change in changes}
    assert set(placed.texts.values()) | {change.text for change in placed.lost} == set(by_text)
    for at, text in placed.texts.items():
        change, word = by_text[text], others[at]
        assert change.recognized.casefold().strip(".,") == word.text.casefold().strip(".,")
        assert abs(change.start_ms - word.start_ms) <= NEAR_MS
        assert abs(change.end_ms - word.end_ms) <= NEAR_MS


@given(corrected(), st.integers(-NEAR_MS, NEAR_MS))
def test_a_clock_that_is_a_little_off_loses_nothing(
    given_words: tuple[list[NarratedWord], list[Change]], off_ms: int
) -> None:
    words, changes = given_words
    later = [
        replace(word, start_ms=word.start_ms + off_ms, end_ms=word.end_ms + off_ms)
        for word in words
    ]
    every = [change for change in changes if len(changes) == len(words)]
    assert place(every, later).lost == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
PLACES = st.integers(0, 3) | st.sampled_from([-1, 4, 10**400, True, 0.0, "1", None])
WRITTEN = st.text(max_size=6) | st.sampled_from(["", "x" * 101, " a", "a\u2028b", "\u200c"])
CLAIMS = st.fixed_dictionaries(
    {
        "version": st.sampled_from([1, 1, 1, 2, True, "1"]),
        "changes": st.lists(
            st.fixed_dictionaries({"word": PLACES, "text": WRITTEN}) | ANYTHING, max_size=3
        )
        | ANYTHING,
    }
)
SHOWN = {"words": [{"text": "a"}] * 4}


@given(CLAIMS | ANYTHING)
def test_whatever_comes_is_taken_or_refused_and_what_the_recorder_takes_ingest_takes(
    claim: Any,
) -> None:
    try:
        check_edit(claim, SHOWN)
    except Refusal as refusal:
        assert (refusal.status, refusal.code) == (400, "bad_edit")  # noqa: PT017 - or none at all
        return
    taken = EditClaim.model_validate_json(json.dumps(claim))
    assert [change.model_dump() for change in taken.changes] == claim["changes"]
    assert all(is_plain(change.text) for change in taken.changes)
