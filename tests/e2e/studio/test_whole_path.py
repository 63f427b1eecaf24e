"""The whole path: two annotators record, a reviewer decides, and a release has the decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from annotate import client, pipeline
from annotate.execution.runner import run_step
from annotate.label_studio.client import Studio as Client
from annotate.label_studio.projects import review_config
from annotate.model.tables import Captions, Images, Recordings, Reviews
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.review.collect import collect
from annotate.review.push import push
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.store.pseudonyms import Pseudonyms
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.server import ANN, BEA, IMAGES, REV, TOKEN, Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
SPOKEN_SECONDS = 24
FIXED = "A reviewer wrote this sentence: <b>one</b> cat."


def describe(page: RecordingPage, project: Project, task: int, seconds: int) -> None:
    """Record one image's description while the pointer moves over it, and submit it.

    The fake microphone repeats one file from its start. Two recordings of one length can have the
    same samples, and one of them is rejected as a copy, so give them different lengths.
    """
    page.open_task(project, task)
    page.get_ready_if_needed()
    page.record(0)
    steps = 10 * seconds
    for step in range(steps):
        page.point(0.15 + 0.7 * step / steps, 0.4)
        page.page.wait_for_timeout(100)
    page.wait_for_clock(seconds)
    page.stop()
    page.expect_state("kept")
    page.submit.click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()


def decide(page: ReviewPage, project: int, task: int, decision: str, text: str | None) -> None:
    """Open a caption, replace its text if one is given, decide and submit."""
    page.open_task(project, task)
    if text is not None:
        page.box.fill(text)
    page.button(decision).click()
    if decision == "reject":
        page.panel.locator("[data-reason=wrong]").click()
    page.page.screenshot(path=ARTIFACTS / f"decided-{decision}.png")
    page.page.get_by_test_id("bottombar-submit-button").click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()


def make_review_project(studio: Studio) -> int:
    config = {"title": "whole path: review", "label_config": review_config()}
    with studio.api() as api:
        response = api.post("/api/projects/", json={**config, "show_collab_predictions": True})
    assert response.status_code == 201, response.text
    number: int = response.json()["id"]
    return number


def by_image(lake: Lake, label_studio: Client, project: int) -> dict[str, int]:
    """The review task's id by image name."""
    names = {row["image_id"]: row["name"] for row in lake.read(Images).to_dicts()}
    tasks = label_studio.changed_tasks(project, None)
    return {names[task["data"]["image_id"]]: task["id"] for task in tasks}


def check_captions(lake: Lake, studio: Studio) -> None:
    """Both annotators have pseudonyms, no caption is empty, and words have pointer positions."""
    annotators = set(lake.read(Recordings)["annotator_id"])
    pseudonyms = Pseudonyms(lake)
    assert annotators == {pseudonyms.of(f"ls-{studio.users[one]}") for one in (ANN, BEA)}
    captions = lake.read(Captions)
    assert captions.filter(pl.col("text") == "").is_empty()
    pointed = captions.explode("lineage").unnest("lineage").filter(pl.col("x_frac").is_not_null())
    assert pointed.height > 10


def test_two_annotators_record_one_reviews_and_a_release_has_the_decisions(
    studio: Studio, open_as: Open, tmp_path: Path
) -> None:
    record = studio.record_project(record_config(), IMAGES[:2], "whole path: record")
    cat, coffee = record.tasks
    describe(open_as(ANN), record, cat, SPOKEN_SECONDS)
    describe(open_as(BEA), record, coffee, SPOKEN_SECONDS + 5)

    settings = Settings(
        lake=str(tmp_path / "lake"),
        label_studio={"url": studio.url, "token": TOKEN},  # type: ignore[arg-type]
    )
    lake = pipeline.open_lake(settings)
    with pipeline.steps([f"label-studio://{record.id}"], settings) as steps:
        names = [step.name for step in steps]
        reports = [run_step(step, lake) for step in steps]
    assert names == ["ingest", "transcribe", "align", "check", "caption", "review"]
    # Recordings from Label Studio aren't accepted without a review.
    assert [report.written for report in reports] == [*[2] * 5, 0], reports
    check_captions(lake, studio)

    review = make_review_project(studio)
    with Client(studio.url, TOKEN) as label_studio:
        assert push(lake, label_studio, review).pushed == 2
        assert push(lake, label_studio, review).pushed == 0
        tasks = by_image(lake, label_studio, review)
        page = ReviewPage(open_as(REV).page, studio.url)
        decide(page, review, tasks["cat.jpg"], "fix", FIXED)
        decide(page, review, tasks["coffee.jpg"], "reject", None)
        assert collect(lake, label_studio, review).written == 2
    reviews = lake.read(Reviews)
    assert set(reviews["decision"]) == {"fix", "reject"}
    assert set(reviews["reviewer"]) == {f"ls-{studio.users[REV]}"}

    release = create(lake, "v1", ReleaseOptions(license="cc-by-4.0"))
    rows = client.load(client.pull(str(release.path), tmp_path / "copy"))
    assert rows["caption"].to_list() == [FIXED]
    assert "edited" in {entry["kind"] for entry in rows["lineage"].item()}
    assert release.left_out == {"rejected": 1}
    check_viewer(open_as(REV).page, Path(release.path) / "index.html")


def check_viewer(page: Page, index: Path) -> None:
    """The released page shows the reviewer's text as text."""
    page.goto(index.as_uri())
    expect(page.get_by_text("<b>one</b>").first).to_be_visible()
    expect(page.locator("b", has_text="one")).to_have_count(0)
    page.screenshot(path=ARTIFACTS / "viewer.png")
