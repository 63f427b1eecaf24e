"""What the review panel is given: short, on the sound's clock, within the image."""

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


def said(text: str, start_ms: int, **over: Any) -> dict[str, Any]:
    nowhere = {"x_frac": None, "y_frac": None}
    return {
        **{"text": text, "start_ms": start_ms, "end_ms": start_ms + 200, "probability": 0.934},
        **nowhere,
        **over,
    }


def a_voice(*words: dict[str, Any], **over: Any) -> dict[str, Any]:
    (told,) = panel_data(
        Evidence(
            voices=[Voice(author="ann-01", starts_ms=700, duration_ms=9000, words=words, **over)]
        )
    )["voices"]
    return told  # type: ignore[no-any-return]


def test_a_word_is_text_times_certainty_and_place() -> None:
    words = [said("a", 0), said("cat", 200, x_frac=0.25, y_frac=0.5)]
    assert a_voice(*words)["words"] == [[" a", 700, 900, 93], [" cat", 900, 1100, 93, 250, 500]]


def test_a_word_without_a_blank_before_it_is_written_onto_the_last() -> None:
    words = [said("\u304b", 0), said("\u3079", 200, space_before=False)]
    assert [one[0] for one in a_voice(*words)["words"]] == [" \u304b", "\u3079"]


def test_a_voice_has_the_clock_of_the_sound_and_places_in_the_image() -> None:
    told = a_voice(path=[[(0, -0.1, 0.5), (40, 0.1234, 1.2)]], clicks=[(20, 0.5, 0.5)])
    assert (told["start"], told["end"]) == (700, 9700)
    assert told["path"] == [[700, 0, 500, 740, 123, 1000]]
    assert told["clicks"] == [720, 500, 500]


def test_a_word_of_the_caption_names_the_word_that_was_said_or_what_else_it_is() -> None:
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


def test_doubts_stand_at_their_sentence() -> None:
    doubts = [Doubt(code="loop"), Doubt(code="other", detail="more of it")]
    sentences = [Sentence(first=0, end=3), Sentence(first=3, end=5, doubts=doubts)]
    assert panel_data(Evidence(sentences=sentences))["sentences"] == [
        [0, 3, []],
        [3, 5, [["loop"], ["other", "more of it"]]],
    ]
