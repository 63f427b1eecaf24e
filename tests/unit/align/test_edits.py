"""Matching of an annotator's corrections when a recording was recognized again."""

from __future__ import annotations

from annotate.align.edits import edited, place
from annotate.model.edit import NEAR_MS, Change
from annotate.model.narration import NarratedWord
from annotate.model.speech import joining
from tests.builders import narrated

SAID = "a read boat near a read house."


def words(text: str = SAID, start_ms: int = 0) -> list[NarratedWord]:
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


def test_the_words_that_were_shown_are_found_where_they_are() -> None:
    placed = place([change(1, "red"), change(6, "home.")], words())
    assert (placed.texts, placed.lost) == ({1: "red", 6: "home."}, ())


def test_words_that_are_recognized_a_little_later_and_among_others_are_found() -> None:
    again = words("so a Read, boat near a read house", start_ms=-250)
    placed = place([change(1, "red"), change(5, "red")], again)
    assert (placed.texts, placed.lost) == ({2: "red", 6: "red"}, ())


def test_a_word_that_is_recognized_otherwise_is_lost_and_not_guessed() -> None:
    placed = place([change(1, "red"), change(2, "ship")], words("a reed boat near a read house."))
    assert placed.texts == {2: "ship"}
    assert [one.text for one in placed.lost] == ["red"]


def test_a_word_that_is_far_off_in_time_is_lost() -> None:
    assert place([change(1, "red")], words(start_ms=NEAR_MS)).texts == {1: "red"}
    assert place([change(1, "red")], words(start_ms=NEAR_MS + 1)).texts == {}


def test_no_word_is_changed_twice() -> None:
    very = words("very very tall")
    placed = place([change(0, "rather", very), change(1, "quite", very)], words("very tall"))
    assert placed.texts == {0: "rather"}
    assert [one.text for one in placed.lost] == ["quite"]


def test_corrected_words_keep_what_was_recognized() -> None:
    first, second, *_ = edited(words(), {1: "red", 2: ""})
    assert (first.edited, second.text, second.edited) == (None, "read", "red")
