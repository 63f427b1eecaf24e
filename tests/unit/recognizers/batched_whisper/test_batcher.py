"""Windows of many recordings: given out, put back, and brought together again."""

from collections.abc import Iterator
from itertools import pairwise

from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.batcher import Job, Pool
from annotate.recognizers.recognizer import Speech
from tests.builders import rec
from tests.sounds import silence


def a_speech(name: str, *seconds: int, language: str | None = "en") -> Speech:
    """Windows of these lengths, one after the other."""
    edges = [1000 * sum(seconds[:count]) for count in range(len(seconds) + 1)]
    found = tuple(Span(start_ms=start, end_ms=end) for start, end in pairwise(edges))
    return Speech(
        recording_id=rec(name), samples=silence(sum(seconds)), windows=found, language=language
    )


def told_language(speech: Speech) -> str | None:
    return speech.language


def told(job: Job) -> list[tuple[Segment, list[Word]]]:
    """One segment of one word, which says when its window begins."""
    start_ms, end_ms = job.window.start_ms, job.window.end_ms
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
    pool = Pool([a_speech("a", 4, 9), a_speech("b", 7)], told_language)
    taken = pool.take(3)
    assert [job.window.length_ms for job in taken] == [9_000, 7_000, 4_000]
    assert len({job.recording.speech.recording_id for job in taken}) == 2


def test_a_batch_is_of_one_length_as_far_as_can_be() -> None:
    more = (a_speech(f"c{index}", 20) for index in range(9))
    pool = Pool([a_speech("a", 4, 9, 5), a_speech("b", 8, 4), *more], told_language)
    assert [job.window.length_ms for job in pool.take(3)] == [5_000, 4_000, 4_000]
    pool = Pool([a_speech("a", 4, 9, 5), a_speech("b", 8, 4)], told_language)
    assert [job.window.length_ms for job in pool.take(3)] == [9_000, 8_000, 5_000]
    assert [job.window.length_ms for job in pool.take(3)] == [4_000, 4_000]


def test_towards_the_end_batches_come_out_even() -> None:
    pool = Pool([a_speech("a", *([5] * 70))], told_language)
    assert [len(pool.take(32, 2, 4 - begun)) for begun in range(4)] == [24, 16, 16, 14]
    assert pool.take(32, 2, 4) == []


def test_few_windows_are_shared_out_the_longest_first() -> None:
    seconds = [3 + index for index in range(18)]
    pool = Pool([a_speech("a", *seconds)], told_language)
    taken = [pool.take(32, 2, 4 - begun) for begun in range(4)]
    assert [len(jobs) for jobs in taken] == [8, 8, 2, 0]
    lengths = [job.window.length_ms for jobs in taken for job in jobs]
    assert lengths == sorted(lengths, reverse=True)


def test_no_batch_is_begun_when_enough_are_worked_on() -> None:
    pool = Pool((a_speech(str(index), 5) for index in range(200)), told_language)
    assert pool.take(8, 0, 2) == []
    assert len(pool.take(8, 1, 3)) == 8
    assert pool.take(8, 0, 2) == []


def test_recordings_are_drawn_only_as_they_are_needed() -> None:
    drawn = []

    def source() -> Iterator[Speech]:
        for name in "abcdef":
            drawn.append(name)
            yield a_speech(name, 1, 1)

    pool = Pool(source(), told_language)
    pool.take(1)
    assert drawn == ["a", "b"]


def test_windows_come_together_in_their_order() -> None:
    pool = Pool([a_speech("a", 5, 2, 8)], told_language)
    jobs = pool.take(9)
    for job in jobs[:-1]:
        pool.settle(job, told(job))
    assert list(pool.finished()) == []
    pool.settle(jobs[-1], told(jobs[-1]))
    (heard,) = pool.finished()
    assert [word.text for word in heard.words] == ["0", "5000", "7000"]
    assert [word.segment for word in heard.words] == [0, 1, 2]
    assert list(pool.finished()) == []


def test_a_doubtful_window_comes_back_hotter() -> None:
    pool = Pool([a_speech("a", 5)], told_language)
    (job,) = pool.take(4)
    pool.again(job)
    (again,) = pool.take(4)
    assert (again.window, again.attempt) == (job.window, 1)
    assert again.recording is job.recording


def test_until_the_language_is_known_only_the_first_window_goes() -> None:
    pool = Pool([a_speech("a", 5, 6, language=None)], told_language)
    (first,) = pool.take(4)
    assert pool.take(4) == []
    first.recording.language = "de"
    pool.settle(first, told(first))
    (second,) = pool.take(4)
    assert second.recording.language == "de"
    pool.settle(second, [])
    (heard,) = pool.finished()
    assert heard.language == "de"


def test_the_rest_of_a_window_is_heard_before_its_recording_is_done() -> None:
    pool = Pool([a_speech("a", 10)], told_language)
    (job,) = pool.take(1)
    pool.further(job, Span(start_ms=6_000, end_ms=10_000))
    pool.settle(job, told(job))
    assert list(pool.finished()) == []
    (rest,) = pool.take(1)
    assert len(rest.samples) == 4 * 16_000
    pool.settle(rest, told(rest))
    (heard,) = pool.finished()
    assert [word.text for word in heard.words] == ["0", "6000"]


def test_without_windows_there_is_nothing_to_wait_for() -> None:
    pool = Pool([a_speech("a", language=None)], told_language)
    assert pool.take(1) == []
    (heard,) = pool.finished()
    assert (heard.words, heard.language) == ((), "und")
