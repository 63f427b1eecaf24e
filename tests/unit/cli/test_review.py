"""The `annotate review` commands. The server is a stub."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from annotate.cli import review as commands
from annotate.model.tables import Captions, Consents, Recordings, Verdicts
from annotate.store.lake import Lake
from tests.builders import a_consent, a_recording, a_verdict, frame, img, lake_with, rec
from tests.unit.label_studio.stub import StubStudio

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    caption = {"image_id": img(), "caption_id": f"cap_{'a' * 16}", "text": "A boat."}
    lineage = {
        **{"start_char": 0, "end_char": 1, "kind": "spoken", "recording_id": rec(), "word": 0},
        **{"start_ms": 0, "end_ms": 9, "x_frac": None, "y_frac": None},
    }
    rows = [{**caption, "lineage": [lineage], "recordings": [rec()]}]
    tables = {Captions: rows, Consents: [a_consent()], Verdicts: [a_verdict()]}
    return lake_with(tmp_path / "lake", tables)


@pytest.fixture
def run(lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.add_typer(commands.review, name="review")
    app.command()(lambda: None)

    def invoke(*arguments: str) -> tuple[int, Any]:
        done = CliRunner().invoke(
            app, ["review", *arguments, "--lake", lake.root, "--json"], standalone_mode=False
        )
        if done.exception:
            raise done.exception
        return done.return_value or 0, json.loads(done.stdout)

    return invoke


@pytest.mark.parametrize("words", [(), ("auto",)])
def test_captions_are_accepted_automatically(run: Run, words: tuple[str, ...]) -> None:
    code, report = run(*words)
    assert (code, report["steps"][0]["step"], report["steps"][0]["written"]) == (0, "review", 1)
    assert run(*words)[1]["reused"]


def test_captions_for_reviewers_are_counted(run: Run, lake: Lake) -> None:
    served = a_recording(source="label-studio/studio.example.org/3/7")
    assert lake.append(Recordings, frame(Recordings, [served])).is_empty()
    _, report = run()
    assert (report["steps"][0]["written"], report["for_people"]) == (0, 1)


def test_push_and_collect_without_a_server_name_the_command_that_starts_one(run: Run) -> None:
    for command in ("push", "collect"):
        with pytest.raises(Exception, match="annotate studio up"):
            run(command)


def test_push_reports_rejected_captions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = StubStudio()
    stub.project("annotate: review")
    monkeypatch.setattr(commands, "connected", lambda *where: stub.client())
    code, report = run("push")
    assert (code, report["pushed"], report["refused"]) == (3, 0, {"unknown_image": 1})
    code, report = run("collect")
    assert (code, report["steps"][0]["step"]) == (0, "collect")


def test_agreement_works_without_decisions(run: Run) -> None:
    code, report = run("agreement")
    assert (code, report["pairs"], report["by_reviewer"]) == (0, [], [])
