"""The commands around reviewers. The server is a stub."""

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
def test_alone_it_accepts_everything_unseen(run: Run, words: tuple[str, ...]) -> None:
    code, told = run(*words)
    assert (code, told["steps"][0]["step"], told["steps"][0]["written"]) == (0, "review", 1)
    assert run(*words)[1]["reused"]


def test_what_is_for_people_is_counted(run: Run, lake: Lake) -> None:
    served = a_recording(source="label-studio/studio.example.org/3/7")
    assert lake.append(Recordings, frame(Recordings, [served])).is_empty()
    _, told = run()
    assert (told["steps"][0]["written"], told["for_people"]) == (0, 1)


def test_push_and_collect_name_what_they_lack(run: Run) -> None:
    for command in ("push", "collect"):
        with pytest.raises(Exception, match="annotate studio up"):
            run(command)


def test_push_tells_what_became_of_the_captions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = StubStudio()
    stub.project("annotate: review")
    monkeypatch.setattr(commands, "connected", lambda *where: stub.client())
    code, told = run("push")
    assert (code, told["pushed"], told["refused"]) == (3, 0, {"unknown_image": 1})
    code, told = run("collect")
    assert (code, told["steps"][0]["step"]) == (0, "collect")


def test_agreement_is_there_before_anyone_has_decided(run: Run) -> None:
    code, told = run("agreement")
    assert (code, told["pairs"], told["by_reviewer"]) == (0, [], [])
