"""Figures of a run by MLPerf's rules."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.recognizers import mlperf_report
from benchmarks.recognizers.mlperf_report import Reference, references, words_by_window
from benchmarks.recognizers.packing import Part
from benchmarks.recognizers.report import TimedWord

# openai-whisper's normalizer leaves a file open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

RED, CUP, HERE = TimedWord("Red", 100, 300), TimedWord("cup", 400, 700), TimedWord("here", 900, 950)


def part(recording: str, start_ms: int, at_ms: int, length_ms: int) -> Part:
    return Part(recording=recording, start_ms=start_ms, at_ms=at_ms, length_ms=length_ms)


def timed(*words: TimedWord) -> Reference:
    return Reference(words=words, timed=True)


def untimed(text: str) -> Reference:
    words = tuple(TimedWord(word, 0, 0) for word in text.split())
    return Reference(words=words, timed=False)


def result(texts: list[str], words: list[list[tuple[str, int, int]]]) -> dict[str, Any]:
    parts = [
        {"recording": "a", "start_ms": 0, "at_ms": 0, "length_ms": 1000},
        {"recording": "b", "start_ms": 0, "at_ms": 1500, "length_ms": 1000},
    ]
    plain = {"seconds": 2.0, "tokens": 40, "texts": texts, "words": [[] for _ in texts]}
    return {
        "windows": [parts],
        "gpu": None,
        "load_seconds": 1.0,
        "peak_mb": 100.0,
        "gpu_peak_mb": None,
        "settings": {"batch": 8},
        "passes": {
            "without_word_times": plain,
            "with_word_times": {**plain, "seconds": 4.0, "words": words},
        },
    }


def test_words_are_on_the_clock_of_their_window() -> None:
    windows = [[part("a", 0, 0, 1000)], [part("b", 350, 1500, 400)]]
    found = words_by_window(windows, {"a": timed(RED), "b": timed(CUP)})
    assert found == [[RED], [TimedWord("cup", 1550, 1850)]]


def test_speech_that_cutting_left_out_counts_as_true_words_of_the_nearest_part() -> None:
    windows = [[part("a", 0, 0, 350)], [part("a", 390, 0, 320)]]
    found = words_by_window(windows, {"a": timed(RED, CUP, HERE)})
    assert found == [[RED], [TimedWord("cup", 10, 310), TimedWord("here", 510, 560)]]


def test_a_recording_without_any_speech_found_counts_as_deleted_words() -> None:
    found = words_by_window([[part("a", 0, 0, 1000)]], {"a": timed(RED), "b": timed(CUP)})
    assert found == [[RED], [CUP]]


@pytest.mark.parametrize("known", [{}, {"a": untimed("red cup")}])
def test_the_error_rate_is_unknown_without_the_words_of_each_window(
    known: dict[str, Reference],
) -> None:
    assert words_by_window([[part("a", 0, 0, 350)], [part("a", 390, 0, 320)]], known) is None


def test_speed_counts_every_repetition() -> None:
    report = mlperf_report.figures(result(["Red cup."], [[]]), 10, {})
    assert (report["samples"], report["speech_seconds"]) == (10, 20.0)
    without, with_times = report["passes"].values()
    assert (without["samples_per_second"], with_times["samples_per_second"]) == (5.0, 2.5)
    assert (without["rtfx"], without["tokens"], without["wer"]) == (10.0, 40, None)


def test_errors_are_counted_after_normalization() -> None:
    words = [("Red", 110, 310), ("mug", 1900, 2200)]
    known = {"a": timed(RED), "b": timed(CUP), "c": timed(HERE)}
    report = mlperf_report.figures(result(["red, mug."], [words]), 1, known)
    without, with_times = report["passes"].values()
    assert without["wer"] == pytest.approx(2 / 3)
    assert (without["word_time_error_ms"], with_times["word_time_error_ms"]) == (None, 10)


def test_words_of_a_window_without_any_true_word_are_insertions() -> None:
    known = {"a": timed(), "b": timed(), "c": timed(HERE)}
    report = mlperf_report.figures(result(["Red cup."], [[]]), 1, known)
    assert report["passes"]["without_word_times"]["wer"] == pytest.approx(3 / 1)


def test_true_words_come_from_the_truth_or_from_a_text_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "b.lab").write_text("Blue  plate.\n")
    files = [str(tmp_path / f"{name}.wav") for name in "abc"]
    found = references(files, {"a": [RED]})
    assert found == {"a": timed(RED), "b": untimed("Blue plate.")}


def test_the_table_shows_both_passes(capsys: pytest.CaptureFixture[str]) -> None:
    machine = {"device": "cpu", "threads": 2, "model": "demo", "tokens_per_window": 30}
    mlperf_report.show(mlperf_report.figures(result(["Red"], [[]]), 1, {}) | machine)
    output = capsys.readouterr().out
    assert "without word times" in output
    assert "cpu, 2 threads" in output
    assert "40.0 tokens per window, expected 30" in output
