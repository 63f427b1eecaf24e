"""The benchmark's figures, table and file, for engines that ran and engines that failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recognizers.engine_task import Clip, EngineTask
from benchmarks.recognizers.report import (
    TimedWord,
    add_speed_ratios,
    figures,
    read_truth,
    show,
    unexpected_token_counts,
)

TRUTH = {"a": [TimedWord("red", 0, 400), TimedWord("chair", 500, 900)]}


def result(*words: tuple[str, int, int], seconds: float = 2.0, **more: Any) -> dict[str, Any]:
    clip = {"name": "a#0", "words": words, "tokens": 9, "windows": 3} | more
    return {
        "seconds": seconds,
        "load_seconds": 1.0,
        "peak_mb": 250.0,
        "gpu_peak_mb": None,
        "settings": {"beam_size": 1},
        "transcripts": [clip],
    }


def a_report(engines: dict[str, dict[str, Any]], tokens: int | None = None) -> dict[str, Any]:
    add_speed_ratios(engines)
    about = {"audio_seconds": 10.0, "model": "demo", "device": "cpu", "threads": 2}
    return {**about, "tokens_per_window": tokens, "engines": engines}


def test_figures_of_an_engine() -> None:
    found = figures(result(("Red", 10, 400), ("hair.", 500, 900)), 10.0, TRUTH)
    assert found["rtfx"] == 5.0
    assert found["wer"] == 0.5
    assert found["word_time_error_ms"] == 5.0
    assert found["peak_mb"] == 250.0
    assert found["word_times"] is True
    assert (found["words"], found["tokens"], found["windows"]) == (2, 9, 3)
    assert json.loads(json.dumps(found)) == found


def test_an_engine_without_word_times_is_marked() -> None:
    assert figures(result(("red", 0, 0), ("chair", 0, 0)), 10.0, TRUTH)["word_times"] is False


def test_without_the_truth_there_is_no_error_rate() -> None:
    assert figures(result(("red", 0, 400)), 10.0, {})["wer"] is None


def test_each_engine_s_ratio_is_the_project_s_speed_divided_by_its_own() -> None:
    engines = {
        "annotate": figures(result(seconds=1.0), 10.0, {}),
        "stock": figures(result(seconds=6.0), 10.0, {}),
        "transformers": figures({"error": "No module named 'transformers'"}, 10.0, {}),
    }
    add_speed_ratios(engines)
    assert engines["annotate"]["annotate_over_it"] == 1.0
    assert engines["stock"]["annotate_over_it"] == pytest.approx(6.0)
    assert engines["transformers"] == {"error": "No module named 'transformers'"}


def test_without_the_project_s_engine_there_is_no_ratio() -> None:
    engines = {"stock": figures(result(), 10.0, {}), "annotate": {"error": "no"}}
    add_speed_ratios(engines)
    assert engines["stock"]["annotate_over_it"] is None


def test_an_engine_that_failed_is_shown_with_its_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    engines = {
        "stock": figures(result(("red", 0, 400), seconds=4.0), 10.0, TRUTH),
        "transformers": {"error": "No module named 'transformers'"},
    }
    show(a_report(engines))
    shown = capsys.readouterr().out
    assert "2.5" in shown  # seconds of audio per second
    assert "50.00%" in shown
    assert "failed" in shown
    assert "transformers: No module named 'transformers'" in shown


def test_an_engine_that_decoded_another_number_of_tokens_is_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    engines = {
        "same": figures(result(), 10.0, {}),
        "other": figures(result(tokens=12), 10.0, {}),
        "counted": figures(result(*[("red", 0, 1)] * 3, tokens=None), 10.0, {}),
        "silent": figures(result(windows=None), 10.0, {}),
        "failed": {"error": "no"},
    }
    report = a_report(engines, tokens=3)
    assert unexpected_token_counts(report) == {"other": 4.0, "silent": None}
    show(report)
    shown = capsys.readouterr().out
    assert "other: 4.0 tokens per window, expected 3" in shown
    assert "silent: windows not reported, expected 3" in shown


def test_with_real_weights_no_number_of_tokens_is_expected() -> None:
    assert unexpected_token_counts(a_report({"any": figures(result(), 10.0, TRUTH)})) == {}


def test_truth_is_read_by_the_recording_s_name(tmp_path: Path) -> None:
    words = {"words": [{"word": "red", "start_ms": 0, "end_ms": 400}]}
    (tmp_path / "a.json").write_text(json.dumps(words))
    assert read_truth(tmp_path) == {"a": TRUTH["a"][:1]}


def test_a_task_is_unchanged_by_serialization(tmp_path: Path) -> None:
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    small.write_bytes(b"1")
    large.write_bytes(b"22")
    task = EngineTask(
        engine="stock",
        recordings=(str(large), str(small)),
        repeat=2,
        warm_up=1,
        model="demo",
        device="cpu",
        threads=2,
        batch_size=8,
        temperatures=(0.0,),
    )
    assert EngineTask.from_json(task.to_json()) == task
    assert task.decoding.temperatures == (0.0,)
    assert [clip.name for clip in task.clips()] == ["large#0", "small#0", "large#1", "small#1"]
    assert task.warm_up_clips() == [Clip("small#warm-up", small)]
