"""`python benchmarks/asr.py` as it is run: real engines, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from benchmarks.asr import parse_engines, run
from benchmarks.recognizers.engine_task import EngineTask
from tests.sounds import as_wav, spoken

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One recording of 12 s under the name of the demo's that it is cut from, and its truth."""
    (tmp_path / "astronaut-01.wav").write_bytes(as_wav(spoken("astronaut-01", 0.0, 12.0)))
    words = json.loads((ROOT / "data/demo/truth/astronaut-01.json").read_text("utf-8"))["words"]
    cut = {"words": [word for word in words if word["end_ms"] < 12_000]}
    (tmp_path / "astronaut-01.json").write_text(json.dumps(cut))
    return tmp_path


def bench(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    figures = folder / "figures.json"
    command = [sys.executable, "benchmarks/asr.py", "--device", "cpu", "--json", str(figures)]
    command += ["--recordings", str(folder), "--truth", str(folder), "--threads", "1", *options]
    own = os.environ | {"XDG_CACHE_HOME": str(folder)}
    ended = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(figures.read_text("utf-8")), ended.stdout


def test_engines_are_set_side_by_side(folder: Path) -> None:
    report, shown = bench(folder, "--engines", "annotate,faster-whisper-int8")
    assert report["audio_seconds"] == pytest.approx(12.0)
    assert set(report["engines"]) == {"annotate", "faster-whisper-int8"}
    for name, found in report["engines"].items():
        assert found["rtfx"] == pytest.approx(12.0 / found["seconds"]), name
        assert found["wer"] < 0.2, name
        assert found["word_times"] is True, name
        assert found["peak_mb"] > 50, name
        assert name in shown
    assert report["engines"]["annotate"]["annotate_over_it"] == 1.0


def test_random_weights_measure_speed_alone(folder: Path) -> None:
    options = ("--engines", "faster-whisper-batched", "--random-weights", "tiny")
    report, shown = bench(folder, *options, "--tokens-per-window", "20", "--warm-up", "0")
    found = report["engines"]["faster-whisper-batched"]
    assert (found["windows"], found["tokens"]) == (1, 20)
    assert found["wer"] is None
    assert "tiny with random weights" in shown


def a_task(engine: str, model: str, folder: Path) -> EngineTask:
    return EngineTask(
        engine=engine,
        recordings=(str(folder / "astronaut-01.wav"),),
        repeat=1,
        warm_up=0,
        model=model,
        device="cpu",
        threads=1,
        batch_size=1,
    )


def test_an_engine_that_fails_gives_its_error_and_not_an_exception(folder: Path) -> None:
    error = run(a_task("stock", "nowhere.pt", folder), folder)["error"]
    assert "there is no file nowhere.pt" in error


def test_an_engine_whose_process_dies_gives_its_last_words(folder: Path) -> None:
    (folder / "astronaut-01.wav").write_bytes(b"no sound")
    error = run(a_task("stock-windows", "demo", folder), folder)["error"]
    assert "not_audio" in error


def test_a_name_that_is_no_engine_s_lists_them() -> None:
    with pytest.raises(AnnotateError, match=r"no engine 'stok'.*stock"):
        parse_engines("annotate,stok")
