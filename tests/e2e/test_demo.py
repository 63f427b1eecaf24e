"""The whole pipeline on the command line with the small demo: JSON output, and reuse of results."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotate import client
from annotate.demo_model import MODEL
from tests.e2e.small_demo import BROKEN, write_small_demo

pytestmark = pytest.mark.e2e

ODD = "My Projects بيانات #1 %20 [x]::{a,b}"
"""A folder name with special characters; data, lake and release are inside it."""


def annotate(*arguments: str) -> tuple[int, Any]:
    """Run a command with `--json`; return its exit code and what it printed."""
    command = [sys.executable, "-m", "annotate", *arguments, "--json"]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    return completed.returncode, json.loads(completed.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("demo") / ODD
    data = write_small_demo(root / "small")
    code, result = annotate("demo", "--folder", str(data), "--lake", str(root / "lake"))
    assert code == 0, result
    return data, root / "lake", result


def test_the_json_has_counts_and_quality_metrics(
    demo: tuple[Path, Path, dict[str, Any]],
) -> None:
    _, lake, result = demo
    assert (result["images"], result["recordings"], result["captions"]) == (2, 3, 2)
    assert result["quarantined"] == {"text.webm": "not_audio", "short.webm": "too_short"}
    assert set(result["quarantined"]) == set(BROKEN)
    assert 0 <= result["wer"] <= 0.10
    assert 0 <= result["word_time_error_ms"] <= 40
    assert 0.5 < result["grounded"] <= 1
    assert result["words_per_caption"] > 5
    assert result["unsupported_words"] == 0
    assert result["reused"] is False
    assert result["seconds"] > 0
    assert Path(result["release"]).is_relative_to(lake)
    assert Path(result["viewer"]).read_text().startswith("<!doctype html>")


def test_a_second_run_reuses_everything(demo: tuple[Path, Path, dict[str, Any]]) -> None:
    data, lake, first = demo
    code, second = annotate("demo", "--folder", str(data), "--lake", str(lake))
    assert code == 0
    assert second["reused"] is True
    assert second["release"] == first["release"]
    assert all(step["written"] == 0 for step in second["steps"])


def test_a_pulled_release_has_the_spoken_time_of_every_word(
    demo: tuple[Path, Path, dict[str, Any]], tmp_path: Path
) -> None:
    _, _, result = demo
    copy = tmp_path / ODD / "release"
    code, pulled = annotate("pull", result["release"], str(copy))
    assert (code, pulled["captions"]) == (0, 2)
    code, verified = annotate("release", "verify", str(copy))
    assert (code, verified["sound"]) == (0, True)
    captions = client.load(copy)
    narrations = client.load(copy, table="narrations")
    assert client.scan(copy, table="narrations").collect().equals(narrations)
    spoken_words = {row["recording_id"]: row["words"] for row in narrations.to_dicts()}
    for row in captions.to_dicts():
        for word, entry in zip(row["caption"].split(), row["lineage"], strict=True):
            source = spoken_words[entry["recording_id"]][entry["word"]]
            assert source["text"].strip(".,").lower() == word.strip(".,").lower()
            assert (source["start_ms"], source["end_ms"]) == (entry["start_ms"], entry["end_ms"])


def test_status_has_table_counts_and_quarantined_inputs(
    demo: tuple[Path, Path, dict[str, Any]],
) -> None:
    _, lake, _ = demo
    code, status = annotate("status", "--lake", str(lake), "--quarantine")
    assert code == 0
    assert status["tables"]["transcripts"] == 4
    assert status["quarantined"] == {"not_audio": 1}
    assert status["quarantine"][0]["item"] == "broken/recordings/text.webm"


def test_a_quarantined_input_sets_the_exit_code(
    demo: tuple[Path, Path, dict[str, Any]], tmp_path: Path
) -> None:
    data, _, _ = demo
    code, report = annotate("ingest", str(data / "broken"), "--lake", str(tmp_path))
    assert (code, report["quarantined"]) == (3, {"not_audio": 1})


def test_another_model_has_releases_of_its_own(
    demo: tuple[Path, Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the demo's own model always computes.
    monkeypatch.setenv("ANNOTATE_TRANSCRIBE__COMPUTE_TYPE", "float32")
    data, _, first = demo
    model = tmp_path / "my model.pt"
    shutil.copy(MODEL.path, model)
    arguments = ("demo", "--folder", str(data), "--lake", str(tmp_path / "lake"))
    code, result = annotate(*arguments, "--model", str(model))
    assert (code, result["model"]) == (0, str(model))
    assert Path(result["release"]).name.startswith("demo-my-model-")
    assert result["wer"] == first["wer"]
