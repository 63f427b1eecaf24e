"""The evidence for a caption's words, from the tables to the panel's data."""

from __future__ import annotations

import json
from typing import Any

from annotate.model.tables import Captions, Traces, Transcripts
from tests.builders import a_transcript, rec, words
from tests.unit.review.exchange import TEXT, Setting, a_caption, cat_transcript


def review_of(setting: Setting) -> dict[str, Any]:
    setting.push()
    return setting.pushed()[0]["data"]["review"]  # type: ignore[no-any-return]


def test_every_word_refers_to_the_recognized_word(setting: Setting) -> None:
    panel = review_of(setting)
    (voice,) = panel["voices"]
    assert voice["who"] == "ann-01"
    recognized = [voice["words"][word] for _, _, _, word in panel["words"]]
    spans = [TEXT[start:end] for start, end, *_ in panel["words"]]
    assert [one[0].strip() for one in recognized] == spans == TEXT.split()
    assert [one[1:3] for one in recognized][:2] == [[0, 300], [300, 600]]
    assert voice["doubts"] == [["noisy", "3 dB <script>"]]


def test_several_recordings_have_successive_times_in_the_audio(setting: Setting) -> None:
    setting.add(Captions, a_caption(recordings=[rec("b"), rec("a")]))
    panel = review_of(setting)
    first, second = panel["voices"]
    assert first["start"] == 0
    assert second["start"] > 3000  # the length of the first
    assert second["words"][0][1] == second["start"]
    assert {voice for _, _, voice, _ in panel["words"]} == {1}


def test_the_pointer_path_is_simplified(setting: Setting) -> None:
    run = [{"x_frac": 0.2 + 0.001 * t, "y_frac": 0.5, "t_ms": 20 * t} for t in range(200)]
    click = {"x_frac": 0.3, "y_frac": 0.5, "t_ms": 2000}
    setting.add(Traces, {"recording_id": rec("a"), "segments": [run, []], "points": [click]})
    (voice,) = review_of(setting)["voices"]
    assert voice["path"] == [[0, 200, 500, 3980, 399, 500]]  # a straight line: two points suffice
    assert voice["clicks"] == [2000, 300, 500]


def test_sentences_end_at_punctuation(setting: Setting) -> None:
    text = "A cat. On a sofa"
    setting.add(Captions, a_caption(1, text, caption_id="cap_" + "9" * 16))
    row = cat_transcript("a")
    spoken = words(text)
    setting.add(Transcripts, {**row, "words": spoken, "step_key": "new"})
    setting.add_narration("a", text)
    panel = review_of(setting)
    assert [one[:2] for one in panel["sentences"]] == [[0, 2], [2, 5]]


def test_doubts_are_listed_with_their_sentence(setting: Setting) -> None:
    spoken_text = words(TEXT)
    spoken_text[1] |= {"interpolated": True}
    row = a_transcript(TEXT, "a", words=spoken_text)
    row["segments"][0]["compression_ratio"] = 3.0
    row |= {"transients_ms": [450], "speech": [{"start_ms": 900, "end_ms": 1800}]}
    setting.add(Transcripts, {**row, "step_key": "new"})
    (sentence,) = review_of(setting)["sentences"]
    assert sentence == [0, 6, [["outside_speech"], ["loop"], ["knock"], ["no_time"]]]


def test_a_task_of_a_caption_is_small(setting: Setting) -> None:
    panel = review_of(setting)
    assert len(json.dumps(panel, separators=(",", ":"))) < 100 * len(TEXT.split())
