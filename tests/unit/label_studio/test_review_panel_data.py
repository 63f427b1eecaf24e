"""Data of the review panel: compact, times from the start of the audio, points within the image."""

from __future__ import annotations

from typing import Any

from annotate.label_studio.review_panel_data import (
    Doubt,
    Evidence,
    Origin,
    Sentence,
    Voice,
    panel_data,
)


def spoken_word(text: str, start_ms: int, **over: Any) -> dict[str, Any]:
    no_point = {"x_frac": None, "y_frac": None}
    return {
        **{"text": text, "start_ms": start_ms, "end_ms": start_ms + 200, "probability": 0.934},
        **no_point,
        **over,
    }


def a_voice(*words: dict[str, Any], **over: Any) -> dict[str, Any]:
    (data,) = panel_data(
        Evidence(
            voices=[Voice(author="ann-01", starts_ms=700, duration_ms=9000, words=words, **over)]
        )
    )["voices"]
    return data  # type: ignore[no-any-return]


def test_a_word_is_text_times_confidence_and_point() -> None:
    words = [spoken_word("a", 0), spoken_word("cat", 200, x_frac=0.25, y_frac=0.5)]
    assert a_voice(*words)["words"] == [[" a", 700, 900, 93], [" cat", 900, 1100, 93, 250, 500]]


def test_a_word_without_a_space_before_it_has_none_in_its_text() -> None:
    words = [spoken_word("\u304b", 0), spoken_word("\u3079", 200, space_before=False)]
    assert [one[0] for one in a_voice(*words)["words"]] == [" \u304b", "\u3079"]


def test_a_voice_has_times_from_the_start_of_the_audio_and_points_within_the_image() -> None:
    voice = a_voice(path=[[(0, -0.1, 0.5), (40, 0.1234, 1.2)]], clicks=[(20, 0.5, 0.5)])
    assert (voice["start"], voice["end"]) == (700, 9700)
    assert voice["path"] == [[700, 0, 500, 740, 123, 1000]]
    assert voice["clicks"] == [720, 500, 500]


def test_a_word_of_the_caption_refers_to_the_spoken_word_or_has_another_kind() -> None:
    words = [
        Origin(start_char=0, end_char=1, kind="spoken", voice=0, word=4),
        Origin(start_char=2, end_char=5, kind="edited", voice=0, word=5),
        Origin(start_char=6, end_char=9, kind="edited"),
    ]
    assert panel_data(Evidence(words=words))["words"] == [
        [0, 1, 0, 4],
        [2, 5, 0, 5, "edited"],
        [6, 9, "edited"],
    ]


def test_doubts_are_listed_with_their_sentence() -> None:
    doubts = [Doubt(code="loop"), Doubt(code="other", detail="more of it")]
    sentences = [Sentence(first=0, end=3), Sentence(first=3, end=5, doubts=doubts)]
    assert panel_data(Evidence(sentences=sentences))["sentences"] == [
        [0, 3, []],
        [3, 5, [["loop"], ["other", "more of it"]]],
    ]
