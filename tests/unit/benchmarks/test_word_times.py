"""The benchmark of word starts: its figures and its errors."""

from typing import Any

import numpy as np
import pytest

from annotate.model.errors import AnnotateError
from annotate.model.speech import Span, Word
from annotate.recognizers.vad import Activity
from benchmarks.recognizers.report import TimedWord
from benchmarks.spoken_truth import SpokenRecording
from benchmarks.word_times import CORRECTIONS, Prepared, figures, numbers, parse_names, show

TRUE = (
    TimedWord("a", 1_000, 1_100),
    TimedWord("um", 1_100, 1_400),
    TimedWord("red", 1_600, 2_000),
    TimedWord("25%", 2_000, 2_900),
)


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)


RECOGNIZED = (word("A", 0, 1_100), word("red", 1_100, 2_000), word("25%.", 2_050, 4_000))


def prepared() -> Prepared:
    spoken = SpokenRecording("a", "a voice", np.zeros(3 * 16_000, np.float32), TRUE)
    speech = (Span(start_ms=900, end_ms=3_000),)
    return Prepared(spoken, Activity(speech, (Span(start_ms=1_400, end_ms=1_590),)))


def test_each_correction_includes_the_ones_before() -> None:
    one = prepared()
    starts = {
        name: [word.start_ms for word in correct(RECOGNIZED, one.activity, one.spoken.duration_ms)]
        for name, correct in CORRECTIONS.items()
    }
    assert list(starts.values()) == [[0, 1_100, 2_050], [900, 1_100, 2_050], [900, 1_590, 2_050]]


def test_figures_are_by_context() -> None:
    one = prepared()
    words = CORRECTIONS["after pauses"](RECOGNIZED, one.activity, one.spoken.duration_ms)
    found = figures([one], [words])
    assert (found["hesitations"], found["hesitations_written"]) == (1, 0)
    assert found["wer"] == pytest.approx(0.25)
    assert found["starts"]["hesitation, pause"]["bias_ms"] == -10
    assert found["starts"]["pause"]["bias_ms"] == -100
    assert found["numbers"] == {"written": 1, "timed": 1, "within_200": 1.0}


def test_a_number_outside_the_audio_or_without_length_has_no_time() -> None:
    found = numbers([(TRUE, [word("25", 2_500, 3_100), word("5", 100, 100)])], [3_000])
    assert found == {"written": 2, "timed": 0, "within_200": 0.0}
    assert numbers([(TRUE, [])], [3_000]) == {"written": 0, "timed": 0, "within_200": None}


def test_an_unknown_name_is_an_error() -> None:
    known = ("stock", "annotate")
    assert parse_names("annotate, stock", known, "engine") == ["annotate", "stock"]
    with pytest.raises(AnnotateError, match="no engine 'other': give some of stock, annotate"):
        parse_names("other", known, "engine")


def test_the_table_names_each_set_and_row(capsys: pytest.CaptureFixture[str]) -> None:
    one = prepared()
    row: dict[str, Any] = {"engine": "annotate", "prompt": True, "correction": "after pauses"}
    figures_of = {"set": "demo", **row, **figures([one], [RECOGNIZED])}
    show({"model": "base", "figures": [figures_of]})
    output = capsys.readouterr().out
    assert "demo, base" in output
    assert "0 of 1" in output
