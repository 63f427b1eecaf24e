"""Properties of windows and word times, for any speech and any times from a recognizer."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.model.speech import Span, Word
from annotate.transcribe.timestamps import after_pauses, corrected, tidy, within_speech
from annotate.transcribe.windows import MAX_MS, windows


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Stretches of speech in order without overlap, and the recording's length."""
    edges = sorted(draw(st.sets(st.integers(0, 200_000), max_size=60)))
    edges = edges[: len(edges) // 2 * 2]
    speech = [Span(start_ms=a, end_ms=b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return speech, (edges[-1] if edges else 0) + draw(st.integers(1, 5_000))


@settings(max_examples=200, deadline=None)
@given(recordings())
def test_windows_contain_all_speech_and_fit_the_recognizer(case: tuple[list[Span], int]) -> None:
    speech, duration_ms = case
    found = windows(speech, duration_ms)
    assert all(0 < window.length_ms <= MAX_MS for window in found)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))
    if found:
        assert found[0].start_ms >= 0
        assert found[-1].end_ms <= duration_ms
    covered = {ms for window in found for ms in range(window.start_ms, window.end_ms, 50)}
    for span in speech:
        inside = [w for w in found if w.start_ms < span.end_ms and span.start_ms < w.end_ms]
        covered_ms = sum(
            min(w.end_ms, span.end_ms) - max(w.start_ms, span.start_ms) for w in inside
        )
        assert covered_ms == span.length_ms
    assert len(covered) <= sum(span.length_ms for span in found) // 50 + len(found)


times = st.integers(-2_000, 12_000)
texts = st.text("aé字1 .-", max_size=20)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(times, times), max_size=30), st.integers(1, 10_000))
def test_tidied_times_are_ordered_and_within_the_recording(
    raw: list[tuple[int, int]], duration_ms: int
) -> None:
    words = [
        Word(text=str(index), start_ms=start, end_ms=end, probability=0.5, segment=0)
        for index, (start, end) in enumerate(raw)
    ]
    tidied = tidy(words, duration_ms)
    assert [word.text for word in tidied] == [word.text for word in words]
    assert all(0 <= word.start_ms <= word.end_ms <= duration_ms for word in tidied)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(tidied))
    for before, after in zip(words, tidied, strict=True):
        same = (before.start_ms, before.end_ms) == (after.start_ms, after.end_ms)
        assert same or after.interpolated or abs(before.start_ms - after.start_ms) <= 1
    assert tidy(tidied, duration_ms) == tidied


@settings(max_examples=200, deadline=None)
@given(recordings(), st.lists(st.tuples(times, times), max_size=30))
def test_fitting_words_to_speech_removes_only_silence(
    case: tuple[list[Span], int], raw: list[tuple[int, int]]
) -> None:
    speech, duration_ms = case
    words = tidy(
        [
            Word(text=str(index), start_ms=start, end_ms=end, probability=0.5, segment=0)
            for index, (start, end) in enumerate(raw)
        ],
        duration_ms,
    )
    speech_ms = {ms for span in speech for ms in range(span.start_ms, span.end_ms)}
    for before, after in zip(words, within_speech(words, speech), strict=True):
        assert before.start_ms <= after.start_ms <= after.end_ms <= before.end_ms
        trimmed = {
            *range(before.start_ms, after.start_ms),
            *range(after.end_ms, before.end_ms),
        }
        assert not trimmed & speech_ms


@settings(max_examples=200, deadline=None)
@given(recordings(), recordings(), st.lists(st.tuples(texts, times, times), max_size=30))
def test_corrected_times_are_in_order_and_pauses_only_move_starts(
    case: tuple[list[Span], int], other: tuple[list[Span], int], raw: list[tuple[str, int, int]]
) -> None:
    (speech, duration_ms), (pauses, _) = case, other
    words = [
        Word(text=text, start_ms=start, end_ms=end, probability=0.5, segment=0)
        for text, start, end in raw
    ]
    found = corrected(words, speech, pauses, duration_ms)
    assert [word.text for word in found] == [word.text for word in words]
    assert all(0 <= word.start_ms <= word.end_ms <= duration_ms for word in found)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))
    tidied = tidy(words, duration_ms)
    for before, after in zip(tidied, after_pauses(tidied, pauses), strict=True):
        assert before.start_ms <= after.start_ms <= after.end_ms == before.end_ms
        assert after.start_ms in {before.start_ms, *(pause.end_ms for pause in pauses)}
