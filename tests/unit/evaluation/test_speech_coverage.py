"""True words outside detected speech."""

from functools import reduce
from operator import add

from annotate.evaluation.speech_coverage import Coverage, coverage, words_outside
from annotate.model.speech import Span, Word

SPEECH = [Span(start_ms=100, end_ms=200), Span(start_ms=300, end_ms=400)]


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)


def test_a_word_half_inside_speech_is_inside() -> None:
    assert words_outside([word("a", 150, 250)], SPEECH) == []
    assert len(words_outside([word("a", 151, 251)], SPEECH)) == 1


def test_a_words_parts_in_several_spans_are_added() -> None:
    assert words_outside([word("a", 150, 350)], SPEECH) == []
    assert len(words_outside([word("a", 160, 350)], SPEECH)) == 1


def test_without_speech_all_words_are_outside() -> None:
    assert coverage([word("a", 0, 50)], []) == Coverage(words=1, outside=1)
    assert coverage([], SPEECH) == Coverage(words=0, outside=0)
    assert Coverage(words=0, outside=0).outside_share == 0.0


def test_words_outside_that_no_transcript_has_are_lost() -> None:
    true = [word("one", 0, 90), word("two", 110, 190), word("red", 210, 290), word("cat", 310, 390)]
    found = coverage(true, SPEECH, [word("One.", 20, 90), word("cat", 310, 390)])
    assert found == Coverage(words=4, outside=2, lost=1, missed_inside=1)
    assert found.outside_share == 0.5


def test_counts_are_added_and_stay_unknown() -> None:
    known = Coverage(words=4, outside=2, lost=1, missed_inside=1)
    total = reduce(add, [known, known])
    assert total == Coverage(words=8, outside=4, lost=2, missed_inside=2)
    assert known + Coverage(words=1, outside=0) == Coverage(words=5, outside=2)
