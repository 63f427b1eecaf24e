"""Matching of an annotator's corrections to a new transcript of the recording."""

from __future__ import annotations

from annotate.align.edits import edited, place
from annotate.model.edit import NEAR_MS, Change
from annotate.model.narration import NarratedWord
from annotate.model.speech import joining
from tests.builders import narrated

TEXT = "a read boat near a read house."


def words(text: str = TEXT, start_ms: int = 0) -> list[NarratedWord]:
    return [NarratedWord(**joining(word)) for word in narrated(text, start_ms=start_ms)]


def change(word: int, text: str, of: list[NarratedWord] | None = None) -> Change:
    source = (of or words())[word]
    return Change(
        word=word,
        start_ms=source.start_ms,
        end_ms=source.end_ms,
        recognized=source.text,
        text=text,
    )


def test_unchanged_words_are_matched() -> None:
    placed = place([change(1, "red"), change(6, "home.")], words())
    assert (placed.texts, placed.lost) == ({1: "red", 6: "home."}, ())


def test_shifted_words_among_new_ones_are_matched() -> None:
    shifted = words("so a Read, boat near a read house", start_ms=-250)
    placed = place([change(1, "red"), change(5, "red")], shifted)
    assert (placed.texts, placed.lost) == ({2: "red", 6: "red"}, ())


def test_the_edit_of_a_word_recognized_differently_is_lost() -> None:
    placed = place([change(1, "red"), change(2, "ship")], words("a reed boat near a read house."))
    assert placed.texts == {2: "ship"}
    assert [one.text for one in placed.lost] == ["red"]


def test_the_edit_of_a_word_at_another_time_is_lost() -> None:
    assert place([change(1, "red")], words(start_ms=NEAR_MS)).texts == {1: "red"}
    assert place([change(1, "red")], words(start_ms=NEAR_MS + 1)).texts == {}


def test_a_word_is_changed_only_once() -> None:
    shown = words("very very tall")
    placed = place([change(0, "rather", shown), change(1, "quite", shown)], words("very tall"))
    assert placed.texts == {0: "rather"}
    assert [one.text for one in placed.lost] == ["quite"]


def test_corrected_words_still_have_the_recognized_text() -> None:
    first, second, *_ = edited(words(), {1: "red", 2: ""})
    assert (first.edited, second.text, second.edited) == (None, "read", "red")
