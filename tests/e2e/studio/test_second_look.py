"""A second look at what was recognized: heard, corrected, handed in, and found in the caption."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Response, expect

from annotate import pipeline
from annotate.evaluation.gate import unsupported
from annotate.model.tables import Captions, Edits, Narrations, Transcripts
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.store.step import run_step
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import IMAGES, PIPE, TOKEN, Project, Studio
from tests.e2e.studio.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
SPOKEN_SECONDS = 20
WORDS = ".annotate-words .annotate-word"

LISTEN_TO_WORDS = """() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when, from, seconds) {
    const sound = this.buffer.getChannelData(0);
    const at = Math.floor(from * this.buffer.sampleRate);
    const part = sound.subarray(at, at + Math.floor(seconds * this.buffer.sampleRate));
    const loudest = part.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    window.played.push({ from, seconds, loudest });
    return start.call(this, when, from, seconds);
  };
}"""
"""Note what is played, and how loud it is; it is played all the same."""


@pytest.fixture
def looked(studio: Studio, request: pytest.FixtureRequest) -> Project:
    """A project of two images whose annotators see what was recognized."""
    config = record_config(second_look=True)
    return studio.record_project(config, IMAGES[:2], request.node.name[:48])


@pytest.fixture(scope="module")
def served(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server that `annotate serve` works for, by the pipeline's own account; its log."""
    with serving(studio, tmp_path_factory.mktemp("serve"), studio.tokens[PIPE]) as log:
        yield log


def record(page: RecordingPage, project: Project, seconds: float = SPOKEN_SECONDS) -> None:
    page.label(project)
    page.get_ready_if_asked()
    page.record(seconds)
    page.stop()
    page.expect_state("kept")


def hand_in(page: RecordingPage) -> None:
    page.submit.click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()


def correct(page: RecordingPage, at: int, text: str) -> str:
    """Press a word and write something else in its place; what was recognized."""
    word = page.page.locator(f"{WORDS}[data-word='{at}']")
    recognized = word.inner_text()
    word.click()
    field = page.page.locator(".annotate-word-field")
    field.fill(text)
    field.press("Tab")
    return recognized


def is_draft(answer: Response, text: str) -> bool:
    """Whether Label Studio has stored a draft that holds this text."""
    asked = answer.request
    return "/drafts" in asked.url and asked.method != "GET" and text in (asked.post_data or "")


def bring_in(studio: Studio, project: Project, folder: Path) -> Lake:
    """Every stage up to captions; a second time it does nothing."""
    settings = Settings(
        lake=str(folder / "lake"),
        label_studio={"url": studio.url, "token": TOKEN},
    )
    lake = pipeline.open_lake(settings)
    for written in (1, 0):
        with pipeline.steps([f"label-studio://{project.id}"], settings) as steps:
            reports = [run_step(step, lake) for step in steps[:5]]
        assert [report.written for report in reports] == [written] * 5, reports
    return lake


def test_words_come_are_heard_are_corrected_and_stand_in_the_caption(
    studio: Studio, looked: Project, served: Path, open_as: Open, tmp_path: Path
) -> None:
    page = open_as()
    record(page, looked)
    kept = time.monotonic()
    words = page.page.locator(WORDS)
    expect(words.first).to_be_visible()
    print(
        f"words {time.monotonic() - kept:.1f} s after the upload, of {SPOKEN_SECONDS} s of speech"
    )
    assert words.count() > 20
    shown = [word.inner_text() for word in words.all()]
    page.page.screenshot(path=ARTIFACTS / "second-look.png")

    page.page.evaluate(LISTEN_TO_WORDS)
    recognized = correct(page, 4, "crimson brick")
    page.page.wait_for_function("() => window.played.length > 0")
    [played, *_] = page.page.evaluate("() => window.played")
    assert played["loudest"] > 0.01
    assert 0.1 < played["seconds"] < 3
    expect(page.page.locator(f"{WORDS}[data-word='4']")).to_have_class(
        "annotate-word annotate-changed"
    )
    page.page.screenshot(path=ARTIFACTS / "second-look-corrected.png")
    reference = page.reference() or {}
    assert [change["word"] for change in reference["edit"]["changes"]] == [4]
    hand_in(page)

    [annotation] = studio.annotations(looked.tasks[0])
    assert "crimson brick" in annotation["result"][0]["value"]["text"][0]
    lake = bring_in(studio, looked, tmp_path)
    check_lake(lake, shown, recognized)


def check_lake(lake: Lake, shown: list[str], recognized: str) -> None:
    """The recognition is as it was, the edit beside it, the caption as its annotator wrote it."""
    (heard,) = lake.read(Transcripts).to_dicts()
    assert [word["text"] for word in heard["words"]] == shown  # the same model, the same words
    (edit,) = lake.read(Edits).to_dicts()
    assert [change["recognized"] for change in edit["changes"]] == [recognized]
    assert edit["model_sha256"] == heard["model_sha256"]
    (told,) = lake.read(Narrations).to_dicts()
    assert (told["words"][4]["text"], told["edits_lost"]) == (recognized, 0)
    assert told["words"][4]["edited"].startswith("crimson brick")
    captions = lake.read(Captions)
    (caption,) = captions.to_dicts()
    assert "crimson brick" in caption["text"]
    written = [one for one in caption["lineage"] if one["kind"] == "edited"]
    assert [one["word"] for one in written] == [4, 4]
    spoken = heard["words"][4]
    assert {(one["recording_id"], one["start_ms"], one["end_ms"]) for one in written} == {
        (heard["recording_id"], spoken["start_ms"], spoken["end_ms"])
    }
    fixed = captions.with_columns(fixed=captions["text"] == "")
    assert unsupported(lake, fixed).is_empty()


def test_a_reload_keeps_corrections_and_they_can_be_taken_back(
    looked: Project, served: Path, open_as: Open
) -> None:
    page = open_as()
    record(page, looked, 6)
    expect(page.page.locator(WORDS).first).to_be_visible()
    with page.page.expect_response(lambda one: is_draft(one, "crimson")):
        recognized = correct(page, 1, "crimson")
    stored = page.reference()
    page.label(looked)
    page.expect_state("kept")
    assert page.reference() == stored
    expect(page.page.locator(f"{WORDS}.annotate-changed")).to_have_count(1)
    correct(page, 1, recognized.strip(".,"))
    expect(page.page.locator(f"{WORDS}.annotate-changed")).to_have_count(0)


def test_where_nobody_recognizes_recording_works_as_ever(
    studio: Studio, looked: Project, open_as: Open
) -> None:
    """No test of this file has begun to serve here, or has ended long enough ago to be missed."""
    page = open_as()
    asked: list[Any] = []
    page.page.on("response", lambda one: asked.append(one) if "/words" in one.url else None)
    record(page, looked, 3)
    page.page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((one) => one.name.endsWith('/words'))"
    )
    expect(page.panel.get_by_role("alert")).to_have_text("")
    expect(page.page.locator(WORDS)).to_have_count(0)
    expect(page.submit).to_be_enabled()
    page.page.screenshot(path=ARTIFACTS / "second-look-absent.png")
    hand_in(page)
    assert {one.status for one in asked} == {200}
    [annotation] = studio.annotations(looked.tasks[0])
    assert "edit" not in annotation["result"][0]["value"]["text"][0]


def test_a_project_without_second_looks_asks_for_nothing(project: Project, open_as: Open) -> None:
    page = open_as()
    record(page, project, 2)
    names = page.page.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => one.name)"
    )
    assert not [name for name in names if name.endswith("/words")]
    expect(page.page.locator(".annotate-look")).to_have_count(0)
