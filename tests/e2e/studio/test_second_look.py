"""Second looks: recognized words are played, corrected and submitted, and appear in the caption.

The tests without a recognizer come first: once this module's `annotate serve` runs, it transcribes
every recording that a page waits for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Response, expect

from annotate import pipeline
from annotate.evaluation.gate import unsupported
from annotate.execution.runner import run_step
from annotate.model.tables import Captions, Edits, Narrations, Transcripts
from annotate.settings import Settings
from annotate.store.lake import Lake
from tests.builders import sha
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import IMAGES, PIPE, TOKEN, Project, Studio
from tests.e2e.studio.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
SPOKEN_SECONDS = 15

ENGLISH = (
    *(("A", 0.98), ("read", 0.31), ("boat", 0.97), ("with", 0.9), ("7", 0.81), ("oars", 0.88)),
    *(("near", 0.92), ("Lisbon,", 0.8), ("and", 0.99), ("two", 0.95), ("white", 0.93)),
    *(("gulls.", 0.9), ("The", 0.99), ("see", 0.52), ("is", 0.97), ("calm.", 0.94)),
)
DOUBTFUL = [1, 4, 7, 13]
ARABIC = (
    *(("قارب", 0.97), ("أحمر", 0.4), ("على", 0.95), ("الشاطئ،", 0.9), ("وخلفه", 0.93)),
    *(("جبلان", 0.6), ("عاليان.", 0.96)),
)

LOG_PLAYBACK = """() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when, from, seconds) {
    const samples = this.buffer.getChannelData(0);
    const at = Math.floor(from * this.buffer.sampleRate);
    const part = samples.subarray(at, at + Math.floor(seconds * this.buffer.sampleRate));
    const loudest = part.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    window.played.push({ from, seconds, loudest });
    return start.call(this, when, from, seconds);
  };
}"""
"""Logs what is played and its peak amplitude, and plays it."""


@pytest.fixture
def second_look_project(studio: Studio, request: pytest.FixtureRequest) -> Project:
    """A project of two images with second looks."""
    config = record_config(second_look=True)
    return studio.record_project(config, IMAGES[:2], request.node.name[:48])


@pytest.fixture(scope="module")
def serve_log(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Runs `annotate serve` with the pipeline's account; the path of its log."""
    with serving(studio, tmp_path_factory.mktemp("serve"), studio.tokens[PIPE]) as log:
        yield log


def record(page: RecordingPage, project: Project, seconds: float = SPOKEN_SECONDS) -> None:
    page.stream(project)
    page.get_ready_if_needed()
    page.record(seconds)
    page.stop()
    page.expect_state("kept")


def put_words(studio: Studio, page: RecordingPage, recognized: Any, language: str = "en") -> None:
    """Send recognized words of the page's recording, as `annotate serve` does."""
    words = [
        {
            **{"text": text, "start_ms": 100 * at, "end_ms": 100 * at + 100},
            **{"probability": probability, "space_before": True},
        }
        for at, (text, probability) in enumerate(recognized)
    ]
    model = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}
    body = {"version": 1, "language": language, **model, "words": words}
    recording = (page.reference() or {})["recording"]
    with closing(studio.bearer(PIPE)) as pipe:
        sent = pipe.put(f"/annotate/recordings/{recording}/words", json=body)
    assert sent.status_code == 201, sent.text
    expect(word_elements(page)).to_have_count(len(recognized))


def submit(page: RecordingPage) -> None:
    page.expect_can_submit()
    page.submit.click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()


def word_elements(page: RecordingPage) -> Locator:
    return page.page.locator(".annotate-words .annotate-word")


def word(page: RecordingPage, at: int) -> Locator:
    return page.page.locator(f".annotate-words .annotate-word[data-word='{at}']")


def field(page: RecordingPage) -> Locator:
    return page.page.locator(".annotate-word-field")


def correct(page: RecordingPage, at: int, text: str) -> str:
    """Click a word and replace its text; the old text."""
    old = word(page, at).inner_text()
    word(page, at).click()
    field(page).fill(text)
    field(page).press("Tab")
    expect(field(page)).to_have_count(0)
    return old


def changes(page: RecordingPage) -> dict[int, str]:
    """The corrections in the annotation: text by index of the word."""
    edit = (page.reference() or {}).get("edit") or {"changes": []}
    return {change["word"]: change["text"] for change in edit["changes"]}


def is_draft(response: Response, text: str) -> bool:
    """Whether Label Studio has stored a draft that contains this text."""
    sent = response.request
    return "/drafts" in sent.url and sent.method != "GET" and text in (sent.post_data or "")


def take_screenshots(page: RecordingPage, name: str) -> None:
    """Screenshots in light and dark, of a laptop's and a phone's width."""
    before = page.page.viewport_size
    for scheme in ("light", "dark"):
        page.page.evaluate(
            "(one) => { document.documentElement.dataset.colorScheme = one }", scheme
        )
        for width, height in ((1366, 768), (390, 844)):
            page.page.set_viewport_size({"width": width, "height": height})
            page.page.locator(".annotate-look").scroll_into_view_if_needed()
            page.page.screenshot(path=ARTIFACTS / f"second-look-{name}-{scheme}-{width}.png")
    page.page.evaluate("() => { document.documentElement.dataset.colorScheme = 'light' }")
    if before:
        page.page.set_viewport_size(before)


def test_recording_works_without_a_recognizer(
    studio: Studio, second_look_project: Project, project: Project, open_as: Open
) -> None:
    page = open_as()
    responses: list[Response] = []
    page.page.on("response", lambda one: responses.append(one) if "/words" in one.url else None)
    record(page, project, 2)  # a project without second looks requests no words
    submit(page)
    assert responses == []
    with page.page.expect_response(lambda one: one.url.endswith("/words")):
        record(page, second_look_project, 2)
    page.expect_can_submit()
    expect(word_elements(page)).to_have_count(0)
    expect(page.page.locator(".annotate-warning")).to_have_text("")
    submit(page)
    assert {one.status for one in responses} == {200}
    [annotation] = studio.annotations(second_look_project.tasks[0])
    assert "edit" not in annotation["result"][0]["value"]["text"][0]


def test_doubtful_words_are_marked_and_stepped_through_and_a_reload_keeps_corrections(
    studio: Studio, second_look_project: Project, open_as: Open
) -> None:
    page = open_as()
    record(page, second_look_project, 2)
    put_words(studio, page, ENGLISH)
    marked = page.page.locator(".annotate-doubtful")
    assert [int(one.get_attribute("data-word") or -1) for one in marked.all()] == DOUBTFUL
    expect(page.page.get_by_text("Doubtful: 4")).to_be_visible()
    take_screenshots(page, "doubtful")
    page.button("next-doubtful").click()
    expect(field(page)).to_have_value("read")
    field(page).fill("red")
    field(page).press("Enter")
    expect(field(page)).to_have_value("7")
    field(page).press("Enter")
    expect(field(page)).to_have_value("Lisbon")  # without its comma
    field(page).fill("Porto")
    field(page).press("Escape")
    expect(page.page.get_by_text("Doubtful: 1 · Corrected: 1")).to_be_visible()
    assert changes(page) == {1: "red"}
    correct(page, 7, "Porto")
    correct(page, 11, "black  gulls!")
    with page.page.expect_response(lambda one: is_draft(one, '\\"word\\":14')):
        correct(page, 14, "")
    corrections = {1: "red", 7: "Porto,", 11: "black gulls!", 14: ""}
    assert changes(page) == corrections
    take_screenshots(page, "corrected")
    page.stream(second_look_project)
    page.expect_state("kept")
    expect(word_elements(page)).to_have_count(len(ENGLISH))
    assert changes(page) == corrections
    expect(word(page, 14)).to_have_class("annotate-word annotate-out")
    assert correct(page, 1, "read") == "red"
    assert changes(page) == {at: text for at, text in corrections.items() if at != 1}
    submit(page)
    [annotation] = studio.annotations(second_look_project.tasks[0])
    assert "Porto," in annotation["result"][0]["value"]["text"][0]


def test_arabic_words_read_from_right_to_left(studio: Studio, open_as: Open) -> None:
    config = record_config(interface="ar", language="ar", second_look=True)
    page = open_as()
    record(page, studio.record_project(config, IMAGES[:1], "second look, arabic"), 2)
    put_words(studio, page, ARABIC, "ar")
    first, second = word(page, 0).bounding_box(), word(page, 1).bounding_box()
    assert first is not None
    assert second is not None
    assert first["x"] > second["x"]
    expect(page.page.get_by_text("مشكوك فيها: 2")).to_be_visible()
    word(page, 0).focus()
    page.page.keyboard.press("ArrowLeft")
    expect(word(page, 1)).to_be_focused()
    correct(page, 1, "أزرق")
    assert changes(page) == {1: "أزرق"}
    take_screenshots(page, "arabic")


def test_words_are_recognized_played_corrected_and_used_in_the_caption(
    studio: Studio, second_look_project: Project, serve_log: Path, open_as: Open, tmp_path: Path
) -> None:
    page = open_as()
    record(page, second_look_project)
    uploaded = time.monotonic()
    expect(word_elements(page).first).to_be_visible()
    seconds = time.monotonic() - uploaded
    print(f"words {seconds:.1f} s after the upload of {SPOKEN_SECONDS} s or more")
    shown = [one.inner_text() for one in word_elements(page).all()]
    assert len(shown) > 15
    page.page.evaluate(LOG_PLAYBACK)
    recognized = correct(page, 4, "crimson brick")
    page.page.wait_for_function("() => window.played.length > 0")
    [played, *_] = page.page.evaluate("() => window.played")
    assert played["loudest"] > 0.01
    assert 0.1 < played["seconds"] < 3
    expect(word(page, 4)).to_have_class("annotate-word annotate-changed")
    assert set(changes(page)) == {4}
    take_screenshots(page, "real")
    submit(page)
    [annotation] = studio.annotations(second_look_project.tasks[0])
    assert "crimson brick" in annotation["result"][0]["value"]["text"][0]
    check_lake(run_pipeline(studio, second_look_project, tmp_path), shown, recognized)


def run_pipeline(studio: Studio, project: Project, folder: Path) -> Lake:
    """Run every stage up to captions, twice; the second run writes nothing."""
    settings = Settings(
        lake=str(folder / "lake"),
        label_studio={"url": studio.url, "token": TOKEN},  # type: ignore[arg-type]
    )
    lake = pipeline.open_lake(settings)
    for written in (1, 0):
        with pipeline.steps([f"label-studio://{project.id}"], settings) as steps:
            reports = [run_step(step, lake) for step in steps[:5]]
        assert [report.written for report in reports] == [written] * 5, reports
    return lake


def check_lake(lake: Lake, shown: list[str], recognized: str) -> None:
    """The transcript is unchanged, the edit is stored, and the caption has the corrected text."""
    (transcript,) = lake.read(Transcripts).to_dicts()
    assert [one["text"] for one in transcript["words"]] == shown  # by the same model
    (edit,) = lake.read(Edits).to_dicts()
    assert [change["recognized"] for change in edit["changes"]] == [recognized]
    assert edit["model_sha256"] == transcript["model_sha256"]
    (narration,) = lake.read(Narrations).to_dicts()
    assert (narration["words"][4]["text"], narration["edits_lost"]) == (recognized, 0)
    assert narration["words"][4]["edited"].startswith("crimson brick")
    captions = lake.read(Captions)
    (caption,) = captions.to_dicts()
    assert "crimson brick" in caption["text"]
    written = [one for one in caption["lineage"] if one["kind"] == "edited"]
    assert [one["word"] for one in written] == [4, 4]
    original = transcript["words"][4]
    assert {(one["recording_id"], one["start_ms"], one["end_ms"]) for one in written} == {
        (transcript["recording_id"], original["start_ms"], original["end_ms"])
    }
    fixed = captions.with_columns(fixed=captions["text"] == "")
    assert unsupported(lake, fixed).is_empty()
