"""The command `python benchmarks/asr.py`: real engines, each in its own process."""

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
    """The first 12 s of one of the demo's recordings, under its name, and its reference words."""
    (tmp_path / "astronaut-01.wav").write_bytes(as_wav(spoken("astronaut-01", 0.0, 12.0)))
    words = json.loads((ROOT / "data/demo/truth/astronaut-01.json").read_text("utf-8"))["words"]
    reference = {"words": [word for word in words if word["end_ms"] < 12_000]}
    (tmp_path / "astronaut-01.json").write_text(json.dumps(reference))
    return tmp_path


def bench(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    figures = folder / "figures.json"
    command = [sys.executable, "benchmarks/asr.py", "--device", "cpu", "--json", str(figures)]
    command += ["--recordings", str(folder), "--truth", str(folder), "--threads", "1", *options]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder)}
    completed = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return json.loads(figures.read_text("utf-8")), completed.stdout


def test_the_report_compares_engines(folder: Path) -> None:
    report, output = bench(folder, "--engines", "annotate,faster-whisper-int8")
    assert report["audio_seconds"] == pytest.approx(12.0)
    assert set(report["engines"]) == {"annotate", "faster-whisper-int8"}
    for name, result in report["engines"].items():
        assert result["rtfx"] == pytest.approx(12.0 / result["seconds"]), name
        assert result["wer"] < 0.2, name
        assert result["word_times"] is True, name
        assert result["peak_mb"] > 50, name
        assert name in output
    assert report["engines"]["annotate"]["annotate_over_it"] == 1.0


def test_random_weights_measure_only_speed(folder: Path) -> None:
    options = ("--engines", "faster-whisper-batched", "--random-weights", "tiny")
    report, output = bench(folder, *options, "--tokens-per-window", "20", "--warm-up", "0")
    result = report["engines"]["faster-whisper-batched"]
    assert (result["windows"], result["tokens"]) == (1, 20)
    assert result["wer"] is None
    assert "tiny with random weights" in output


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


def test_an_engine_that_fails_returns_its_error(folder: Path) -> None:
    error = run(a_task("stock", "nowhere.pt", folder), folder)["error"]
    assert "there is no file nowhere.pt" in error


def test_an_engine_whose_process_fails_returns_the_last_line_of_stderr(folder: Path) -> None:
    (folder / "astronaut-01.wav").write_bytes(b"no sound")
    error = run(a_task("stock-windows", "demo", folder), folder)["error"]
    assert "not_audio" in error


def test_the_error_for_an_unknown_engine_lists_the_engines() -> None:
    with pytest.raises(AnnotateError, match=r"no engine 'stok'.*stock"):
        parse_engines("annotate,stok")
