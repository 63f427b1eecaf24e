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
    """What a panic in Rust looks like in Python."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(lake=str(tmp_path / "lake"))


def with_parts(
    made: Runs, monkeypatch: pytest.MonkeyPatch, fail: dict[str, BaseException]
) -> list[str]:
    """Have the runs do nothing but note which part is done, or fail."""
    done: list[str] = []

    def part(name: str) -> Any:
        def do(lake: Lake) -> None:
            if name in fail:
                raise fail[name]
            done.append(name)

        return do

    names = [name for name, _ in made.parts()]
    monkeypatch.setattr(made, "parts", lambda: [(name, part(name)) for name in names])
    return done


def test_without_an_engine_nothing_is_worked_on(settings: Settings) -> None:
    names = [name for name, _ in Runs(settings, ACCESS).parts()]
    assert names == [f"ingest {RECORD_PROJECT}", "collect"]


@pytest.mark.parametrize(
    "error", [AnnotateError("of x"), ValueError("of x"), PanicException("of x")]
)
@pytest.mark.parametrize("failing", ["ingest a", *ALL])
def test_one_failure_holds_up_nothing_else(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failing: str,
    error: BaseException,
) -> None:
    made = Runs(settings, ACCESS, SharedEngine(settings.transcribe), ["a", "b"])
    done = with_parts(made, monkeypatch, {failing: error})
    made()
    every = [f"ingest {RECORD_PROJECT}", "ingest a", "ingest b", *ALL]
    assert done == [name for name in every if name != failing]
    assert [one.getMessage() for one in caplog.records] == [f"{failing} failed: of x"]


def test_an_interruption_ends_the_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Runs(settings, ACCESS, None, ["a", "b"])
    done = with_parts(made, monkeypatch, {"ingest a": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        made()
    assert done == [f"ingest {RECORD_PROJECT}"]


def test_it_stops_between_items_and_is_no_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = Runs(settings, ACCESS, None, ["a"])
    steps: list[str] = []

    def run_step(step: Step, lake: Lake, progress: Any) -> None:
        steps.append(step.name)
        made.stop()
        progress(None)
        pytest.fail("it went on")

    monkeypatch.setattr(pipeline_runs, "run_step", run_step)
    made()
    assert (steps, caplog.records) == (["ingest"], [])


def test_rejections_counted_before_are_logged_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    made = Runs(settings, ACCESS)
    for new, rejected in ((0, {}), (0, {"x": 1}), (0, {"x": 1}), (2, {"x": 1}), (0, {"x": 2})):
        made._log("check", new, rejected)
    logged = [one.getMessage() for one in caplog.records]
    assert logged == [
        "check: 0 new, refused: 1 x",
        "check: 2 new, refused: 1 x",
        "check: 0 new, refused: 2 x",
    ]


def test_the_engine_makes_the_same_work_as_the_command_does(settings: Settings) -> None:
    shared = pipeline_runs.Transcribe(
        settings.transcribe, SharedEngine(TranscribeOptions(model="demo"))
    )
    assert shared.parameters() == pipeline.stage("transcribe", settings).parameters()
