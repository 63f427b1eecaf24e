"""Batching of windows of many recordings, retries, and collection of the results."""

from collections.abc import Iterator
from itertools import pairwise

from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.batcher import Batcher, WindowTask
from annotate.recognizers.recognizer import RecognizerInput
from tests.builders import rec
from tests.sounds import silence


def an_input(name: str, *seconds: int, language: str | None = "en") -> RecognizerInput:
    """A recording cut into consecutive windows of these lengths."""
    edges = [1000 * sum(seconds[:count]) for count in range(len(seconds) + 1)]
    found = tuple(Span(start_ms=start, end_ms=end) for start, end in pairwise(edges))
    return RecognizerInput(
        recording_id=rec(name), samples=silence(sum(seconds)), windows=found, language=language
    )


def given_language(speech: RecognizerInput) -> str | None:
    return speech.language


def a_segment(task: WindowTask) -> list[tuple[Segment, list[Word]]]:
    """One segment of one word, whose text is its window's start."""
    start_ms, end_ms = task.window.start_ms, task.window.end_ms
    text = str(start_ms)
    word = Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)
    segment = Segment(
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        temperature=0.0,
    )
    return [(segment, [word])]


def test_a_batch_mixes_recordings_longest_windows_first() -> None:
    batcher = Batcher([an_input("a", 4, 9), an_input("b", 7)], given_language)
    batch = batcher.take(3)
    assert [task.window.length_ms for task in batch] == [9_000, 7_000, 4_000]
    assert len({task.recording.input.recording_id for task in batch}) == 2


def test_a_batch_has_windows_of_similar_length() -> None:
    more = (an_input(f"c{index}", 20) for index in range(9))
    batcher = Batcher([an_input("a", 4, 9, 5), an_input("b", 8, 4), *more], given_language)
    assert [task.window.length_ms for task in batcher.take(3)] == [5_000, 4_000, 4_000]
    batcher = Batcher([an_input("a", 4, 9, 5), an_input("b", 8, 4)], given_language)
    assert [task.window.length_ms for task in batcher.take(3)] == [9_000, 8_000, 5_000]
    assert [task.window.length_ms for task in batcher.take(3)] == [4_000, 4_000]


def test_the_last_batches_have_even_sizes() -> None:
    batcher = Batcher([an_input("a", *([5] * 70))], given_language)
    assert [len(batcher.take(32, 2, 4 - started)) for started in range(4)] == [24, 16, 16, 14]
    assert batcher.take(32, 2, 4) == []


def test_few_windows_are_divided_with_the_longest_first() -> None:
    seconds = [3 + index for index in range(18)]
    batcher = Batcher([an_input("a", *seconds)], given_language)
    batch = [batcher.take(32, 2, 4 - started) for started in range(4)]
    assert [len(tasks) for tasks in batch] == [8, 8, 2, 0]
    lengths = [task.window.length_ms for tasks in batch for task in tasks]
    assert lengths == sorted(lengths, reverse=True)


def test_no_batch_is_returned_while_enough_are_in_progress() -> None:
    batcher = Batcher((an_input(str(index), 5) for index in range(200)), given_language)
    assert batcher.take(8, 0, 2) == []
    assert len(batcher.take(8, 1, 3)) == 8
    assert batcher.take(8, 0, 2) == []


def test_recordings_are_read_lazily() -> None:
    drawn = []

    def source() -> Iterator[RecognizerInput]:
        for name in "abcdef":
            drawn.append(name)
            yield an_input(name, 1, 1)

    batcher = Batcher(source(), given_language)
    batcher.take(1)
    assert drawn == ["a", "b"]


def test_results_of_windows_are_collected_in_order() -> None:
    batcher = Batcher([an_input("a", 5, 2, 8)], given_language)
    tasks = batcher.take(9)
    for task in tasks[:-1]:
        batcher.finish(task, a_segment(task))
    assert list(batcher.finished()) == []
    batcher.finish(tasks[-1], a_segment(tasks[-1]))
    (output,) = batcher.finished()
    assert [word.text for word in output.words] == ["0", "5000", "7000"]
    assert [word.segment for word in output.words] == [0, 1, 2]
    assert list(batcher.finished()) == []


def test_a_retried_window_is_returned_with_the_next_attempt() -> None:
    batcher = Batcher([an_input("a", 5)], given_language)
    (task,) = batcher.take(4)
    batcher.retry(task)
    (retried,) = batcher.take(4)
    assert (retried.window, retried.attempt) == (task.window, 1)
    assert retried.recording is task.recording


def test_until_the_language_is_detected_only_the_first_window_is_returned() -> None:
    batcher = Batcher([an_input("a", 5, 6, language=None)], given_language)
    (first,) = batcher.take(4)
    assert batcher.take(4) == []
    first.recording.language = "de"
    batcher.finish(first, a_segment(first))
    (second,) = batcher.take(4)
    assert second.recording.language == "de"
    batcher.finish(second, [])
    (output,) = batcher.finished()
    assert output.language == "de"


def test_a_recording_is_finished_after_the_rest_of_its_windows() -> None:
    batcher = Batcher([an_input("a", 10)], given_language)
    (task,) = batcher.take(1)
    batcher.add_window(task, Span(start_ms=6_000, end_ms=10_000))
    batcher.finish(task, a_segment(task))
    assert list(batcher.finished()) == []
    (remaining,) = batcher.take(1)
    assert len(remaining.samples) == 4 * 16_000
    batcher.finish(remaining, a_segment(remaining))
    (output,) = batcher.finished()
    assert [word.text for word in output.words] == ["0", "6000"]


def test_a_recording_without_windows_is_finished_at_once() -> None:
    batcher = Batcher([an_input("a", language=None)], given_language)
    assert batcher.take(1) == []
    (output,) = batcher.finished()
    assert (output.words, output.language) == ((), "und")
