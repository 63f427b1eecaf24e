"""Properties of the grounding of words and phrases, for any transcript and pointer trace."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.align.ground_words import tie_words
from annotate.align.options import AlignOptions
from annotate.model.pointer import Trace, TracePoint
from annotate.model.speech import Word

VOCABULARY = (
    "a",
    "the",
    "two",
    "of",
    "kind",
    "is",
    "cat,",
    "helmet",
    "red",
    "um",
    "standing",
    "very",
)
FRACTION = st.floats(-0.2, 1.2, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def transcripts(draw):
    words, now_ms = [], 0
    for text in draw(st.lists(st.sampled_from(VOCABULARY), max_size=25)):
        start_ms = now_ms + draw(st.sampled_from([0, 0, 50, 400]))
        now_ms = start_ms + draw(st.integers(0, 500))
        word = Word(text=text, start_ms=start_ms, end_ms=now_ms, probability=0.9, segment=0)
        words.append(word)
    return words


def points(longest, step_ms):
    def timed(coordinates):
        return tuple(
            TracePoint(x_frac=x, y_frac=y, t_ms=step_ms * index)
            for index, (x, y) in enumerate(coordinates)
        )

    return st.lists(st.tuples(FRACTION, FRACTION), max_size=longest).map(timed)


@st.composite
def traces(draw):
    slow = draw(points(40, 90))
    cut = draw(st.integers(0, len(slow)))
    return Trace(segments=(slow[:cut], slow[cut:]), points=draw(points(4, 700)))


def grounded(words, trace, language="en"):
    return tie_words(words, trace, language=language, options=AlignOptions())


def later(items, shift_ms):
    return tuple(replace(item, t_ms=item.t_ms + shift_ms) for item in items)


@settings(max_examples=60, deadline=None)
@given(transcripts(), traces(), st.integers(1, 10_000_000))
def test_shifting_both_clocks_leaves_ties_unchanged(words, trace, shift_ms):
    moved = [replace(w, start_ms=w.start_ms + shift_ms, end_ms=w.end_ms + shift_ms) for w in words]
    moved_trace = Trace(
        segments=tuple(later(segment, shift_ms) for segment in trace.segments),
        points=later(trace.points, shift_ms),
    )
    before, after = grounded(words, trace), grounded(moved, moved_trace)
    for one, other in zip(
        (*before.words, *before.phrases), (*after.words, *after.phrases), strict=True
    ):
        assert (one.start_ms + shift_ms, one.end_ms + shift_ms) == (other.start_ms, other.end_ms)
        assert replace(one, start_ms=0, end_ms=0) == replace(other, start_ms=0, end_ms=0)


@settings(max_examples=60, deadline=None)
@given(transcripts(), traces(), st.sampled_from(["en", "de"]))
def test_words_are_unchanged_and_phrases_are_runs_of_words(words, trace, language):
    narration = grounded(words, trace, language)
    assert [(w.text, w.start_ms, w.end_ms) for w in narration.words] == [
        (w.text, w.start_ms, w.end_ms) for w in words
    ]
    end_before = 0
    for phrase in narration.phrases:
        run = words[phrase.first_word : phrase.end_word]
        assert end_before <= phrase.first_word < phrase.end_word <= len(words)
        assert phrase.text == " ".join(word.text for word in run)
        assert (phrase.start_ms, phrase.end_ms) == (run[0].start_ms, run[-1].end_ms)
        end_before = phrase.end_word


@settings(max_examples=60, deadline=None)
@given(transcripts(), traces())
def test_points_are_within_the_image_and_exist_exactly_when_tied(words, trace):
    narration = grounded(words, trace)
    for item in (*narration.words, *narration.phrases):
        assert (item.tie == "none") == (item.x_frac is None) == (item.y_frac is None)
        if item.x_frac is not None:
            assert 0 <= item.x_frac <= 1
            assert 0 <= item.y_frac <= 1
    for phrase in narration.phrases:
        assert 0 <= phrase.confidence <= 1
        assert (phrase.confidence > 0) == (phrase.tie != "none")
        if phrase.box is not None:
            assert phrase.box.contains(phrase.x_frac, phrase.y_frac)
