"""Report of the benchmark of engines: figures, ratios and errors."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recognizers.engine_task import Clip, EngineTask
from benchmarks.recognizers.report import TrueWord, add_ratios, figures, read_truth, show, unlike

TRUTH = {"a": [TrueWord("red", 0, 400), TrueWord("chair", 500, 900)]}


def result(*words: tuple[str, int, int], seconds: float = 2.0, **more: Any) -> dict[str, Any]:
    clip = {"name": "a#0", "words": words, "tokens": 9, "windows": 3} | more
    return {
        "seconds": seconds,
        "load_seconds": 1.0,
        "peak_mb": 250.0,
        "gpu_peak_mb": None,
        "settings": {"beam_size": 1},
        "said": [clip],
    }


def a_report(engines: dict[str, dict[str, Any]], tokens: int | None = None) -> dict[str, Any]:
    add_ratios(engines)
    head = {"audio_seconds": 10.0, "model": "demo", "device": "cpu", "threads": 2}
    return {**head, "tokens_per_window": tokens, "engines": engines}


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


def test_the_ratio_of_an_engine_is_the_speed_of_annotate_divided_by_its_own() -> None:
    engines = {
        "annotate": figures(result(seconds=1.0), 10.0, {}),
        "stock": figures(result(seconds=6.0), 10.0, {}),
        "transformers": figures({"error": "No module named 'transformers'"}, 10.0, {}),
    }
    add_ratios(engines)
    assert engines["annotate"]["annotate_over_it"] == 1.0
    assert engines["stock"]["annotate_over_it"] == pytest.approx(6.0)
    assert engines["transformers"] == {"error": "No module named 'transformers'"}


def test_without_the_project_s_engine_there_is_no_ratio() -> None:
    engines = {"stock": figures(result(), 10.0, {}), "annotate": {"error": "no"}}
    add_ratios(engines)
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


def test_an_engine_that_decoded_another_number_of_tokens_is_named(
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
    assert unlike(report) == {"other": 4.0, "silent": None}
    show(report)
    shown = capsys.readouterr().out
    assert "other: decoded 4.0 tokens a window; 3 were asked for" in shown
    assert "silent: doesn't tell its windows" in shown


def test_without_an_expected_number_of_tokens_none_is_reported() -> None:
    assert unlike(a_report({"any": figures(result(), 10.0, TRUTH)})) == {}


def test_truth_is_read_by_the_recording_s_name(tmp_path: Path) -> None:
    words = {"words": [{"word": "red", "start_ms": 0, "end_ms": 400}]}
    (tmp_path / "a.json").write_text(json.dumps(words))
    assert read_truth(tmp_path) == {"a": TRUTH["a"][:1]}


def test_a_task_is_serialized_losslessly(tmp_path: Path) -> None:
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    small.write_bytes(b"1")
    large.write_bytes(b"22")
    job = EngineTask(
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
    assert EngineTask.from_json(job.to_json()) == job
    assert job.decoding.temperatures == (0.0,)
    assert [clip.name for clip in job.clips()] == ["large#0", "small#0", "large#1", "small#1"]
    assert job.first_clips() == [Clip("small#warm-up", small)]
