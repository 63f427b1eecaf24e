"""The parts of a run are independent: a failure is logged, and the other parts are run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from annotate import pipeline
from annotate.execution.step import Step
from annotate.model.errors import AnnotateError
from annotate.recognizers.options import TranscribeOptions
from annotate.serve import pipeline_runs
from annotate.serve.engine import SharedEngine
from annotate.serve.pipeline_runs import RECORD_PROJECT, Runs
from annotate.settings import Settings
from annotate.store.lake import Lake

ALL = ["collect", "transcribe", "align", "check", "caption", "push"]
ACCESS = ("http://127.0.0.1:9", "a token")


class PanicException(BaseException):
    """Simulates a panic in Rust, which is a `BaseException` in Python."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(lake=str(tmp_path / "lake"))


def with_parts(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, fail: dict[str, BaseException]
) -> list[str]:
    """Replace the parts of the runs: each records its name, or fails."""
    done: list[str] = []

    def part(name: str) -> Any:
        def do(lake: Lake) -> None:
            if name in fail:
                raise fail[name]
            done.append(name)

        return do

    names = [name for name, _ in runs.parts()]
    monkeypatch.setattr(runs, "parts", lambda: [(name, part(name)) for name in names])
    return done


def test_without_an_engine_recordings_are_only_ingested(settings: Settings) -> None:
    names = [name for name, _ in Runs(settings, ACCESS).parts()]
    assert names == [f"ingest {RECORD_PROJECT}", "collect"]


@pytest.mark.parametrize(
    "error", [AnnotateError("of x"), ValueError("of x"), PanicException("of x")]
)
@pytest.mark.parametrize("failing", ["ingest a", *ALL])
def test_a_failed_part_does_not_stop_the_others(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failing: str,
    error: BaseException,
) -> None:
    runs = Runs(settings, ACCESS, SharedEngine(settings.transcribe), ["a", "b"])
    done = with_parts(runs, monkeypatch, {failing: error})
    runs()
    parts = [f"ingest {RECORD_PROJECT}", "ingest a", "ingest b", *ALL]
    assert done == [name for name in parts if name != failing]
    assert [one.getMessage() for one in caplog.records] == [f"{failing} failed: of x"]


def test_an_interruption_ends_the_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(settings, ACCESS, None, ["a", "b"])
    done = with_parts(runs, monkeypatch, {"ingest a": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        runs()
    assert done == [f"ingest {RECORD_PROJECT}"]


def test_stopping_between_items_is_not_a_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs = Runs(settings, ACCESS, None, ["a"])
    steps: list[str] = []

    def run_step(step: Step, lake: Lake, progress: Any) -> None:
        steps.append(step.name)
        runs.stop()
        progress(None)
        pytest.fail("the run continued")

    monkeypatch.setattr(pipeline_runs, "run_step", run_step)
    runs()
    assert (steps, caplog.records) == (["ingest"], [])


def test_unchanged_rejections_are_logged_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    runs = Runs(settings, ACCESS)
    for new, rejected in ((0, {}), (0, {"x": 1}), (0, {"x": 1}), (2, {"x": 1}), (0, {"x": 2})):
        runs._log("check", new, rejected)
    logged = [one.getMessage() for one in caplog.records]
    assert logged == [
        "check: 0 new, refused: 1 x",
        "check: 2 new, refused: 1 x",
        "check: 0 new, refused: 2 x",
    ]


def test_a_shared_engine_has_the_same_parameters_as_the_command(settings: Settings) -> None:
    shared = pipeline_runs.Transcribe(
        settings.transcribe, SharedEngine(TranscribeOptions(model="demo"))
    )
    assert shared.parameters() == pipeline.stage("transcribe", settings).parameters()
