"""Properties of the faithfulness check, for any text and any lineage."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.caption.compose import Narration, compose
from annotate.evaluation.faithfulness import WHY, unsupported_words
from annotate.model.narration import NarratedWord
from annotate.model.tables import Captions, Narrations, Transcripts
from annotate.text.normalization import normalize
from tests.builders import Row, a_narration, a_transcript, frame, img, narrated, rec

SPOKEN = "a red boat, near 3.5 tall hills"
TRANSCRIPTS = frame(Transcripts, [a_transcript(SPOKEN)])
NARRATIONS = frame(Narrations, [a_narration(SPOKEN)])
few = settings(max_examples=150, deadline=None)


def caption(text: str, lineage: list[Row]) -> pl.DataFrame:
    row = {"image_id": img(), "caption_id": f"cap_{'0' * 16}", "text": text, "lineage": lineage}
    return frame(Captions, [row | {"recordings": [rec()]}]).with_columns(fixed=pl.lit(False))


def entry(start: int, end: int, word: int | None, **over: Any) -> Row:
    at = {"start_ms": (word or 0) * 300, "end_ms": (word or 0) * 300 + 300}
    source = {"kind": "spoken", "recording_id": rec(), "word": word, **at}
    return {"start_char": start, "end_char": end, **source, "x_frac": None, "y_frac": None, **over}


def faithful() -> list[Row]:
    lineage, at = [], 0
    for index, word in enumerate(SPOKEN.split()):
        lineage.append(entry(at, at + len(word), index))
        at += len(word) + 1
    return lineage


def unsupported_in(text: str, lineage: list[Row]) -> pl.DataFrame:
    return unsupported_words(caption(text, lineage), TRANSCRIPTS, NARRATIONS)


def test_the_unchanged_caption_is_supported() -> None:
    assert unsupported_in(SPOKEN, faithful()).is_empty()
    assert len(narrated(SPOKEN)) == len(faithful())


RECOGNIZED = st.sampled_from(
    [
        *("a", "red", "boat,", "um,", "3.5", "-5", "-working", "$5", "5%", "R&B", "I'm", "U.S."),
        *("New York", "...", "\u2014", "\u266a", "Uh", "Oh", "?", "\u061f", "か", "は。", "赤い、"),
        *(
            "\u201cStop!\u201d",
            "था",
            "\xabOui\xbb",
            "1,000",
            "[music]",
            "th-",
            "İ",
            "ﬁne",
            "0\x1f0",
        ),
    ]
) | st.text(min_size=1, max_size=6).filter(lambda text: text == text.strip())


@few
@given(
    st.lists(st.tuples(RECOGNIZED, st.booleans(), st.integers(0, 900)), max_size=14),
    st.sampled_from(["en", "ja", "fr", "ar", "hi", "zh", "th"]),
)
def test_what_the_composer_writes_is_supported(
    recognized: list[tuple[str, bool, int]], language: str
) -> None:
    """In any language: with a false report, the image would be left out of releases."""
    spoken: list[Row] = []
    for text, space_before, pause_ms in recognized:
        start = (spoken[-1]["end_ms"] if spoken else 0) + pause_ms
        times = {"start_ms": start, "end_ms": start + 200, "probability": 0.9}
        spoken.append({"text": text, **times, "space_before": space_before, "window": None})
    words = [{**word, "segment": 0, "interpolated": False} for word in spoken]
    word_rows = [{**word, "x_frac": None, "y_frac": None, "tie": "none"} for word in spoken]
    narration = Narration(
        recording_id=rec(),
        status="pass",
        language=language,
        words=tuple(NarratedWord(**word) for word in word_rows),
    )
    row = {**asdict(compose(img(), [narration])), "caption_id": f"cap_{'0' * 16}"}
    unsupported = unsupported_words(
        frame(Captions, [row]).with_columns(fixed=pl.lit(False)),
        frame(Transcripts, [a_transcript("", words=words)]),
        frame(Narrations, [a_narration(words=word_rows)]),
    )
    assert unsupported.is_empty(), unsupported.to_dicts()


SPANS = st.integers(-3, len(SPOKEN) + 3)
ENTRIES = st.builds(
    entry,
    SPANS,
    SPANS,
    st.none() | st.integers(-2, 9),
    kind=st.sampled_from(["spoken", "spoken", "spoken", "edited", "synthetic"]),
    recording_id=st.sampled_from([rec(), rec(), rec("b"), None]),
)


@few
@given(st.text("a redbot,.n 35%$\u200b", max_size=40), st.lists(ENTRIES, max_size=6))
def test_supported_text_was_spoken(text: str, lineage: list[Row]) -> None:
    """No error for any lineage; if nothing is unsupported, every character has its word."""
    unsupported = unsupported_in(text, lineage)
    assert set(unsupported["why"]) <= set(WHY)
    if not unsupported.is_empty():
        return
    spoken = SPOKEN.split()
    end_before = 0
    for one in sorted(lineage, key=lambda one: one["start_char"]):
        assert normalize(text[end_before : one["start_char"]]) == ""
        assert end_before <= one["start_char"] < one["end_char"] <= len(text)
        assert normalize(text[one["start_char"] : one["end_char"]]) == normalize(
            spoken[one["word"]]
        )
        assert (one["kind"], one["recording_id"]) == ("spoken", rec())
        end_before = one["end_char"]
    assert normalize(text[end_before:]) == ""


@few
@given(st.integers(0, len(SPOKEN)), st.characters(categories=["L", "N", "S", "Cf", "M"]))
def test_a_character_inserted_anywhere_is_unsupported(at: int, char: str) -> None:
    """Inside a word or between words; the spans of the words after it are shifted."""
    shifted = [
        entry(
            one["start_char"] + (one["start_char"] >= at),
            one["end_char"] + (one["end_char"] > at),
            one["word"],
        )
        for one in faithful()
    ]
    assert not unsupported_in(SPOKEN[:at] + char + SPOKEN[at:], shifted).is_empty()


@few
@given(st.integers(0, 6), st.data())
def test_a_changed_lineage_entry_is_unsupported(at: int, data: st.DataObject) -> None:
    lineage = faithful()
    name = data.draw(st.sampled_from(["word", "start_ms", "end_ms", "x_frac", "y_frac"]))
    kind = st.floats(-1, 2) if name.endswith("frac") else st.integers(0, 3000)
    value = data.draw(kind.filter(lambda value: value != lineage[at][name]))
    lineage[at] = {**lineage[at], name: value}
    assert not unsupported_in(SPOKEN, lineage).is_empty()
