"""Reviewers who go through the label stream see every caption."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotate.label_studio.client import Studio as Client
from annotate.label_studio.projects import review_config
from annotate.model.tables import Captions, Reviews
from annotate.review.collect import collect
from annotate.review.push import push
from annotate.store.lake import Lake
from tests.builders import frame
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.server import ANN, REV, TOKEN, Studio
from tests.release_builders import rows_of

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]

TEXTS = [
    "a red door with a round handle",
    "two boats on a quiet lake",
    "an old man reads <b>a</b> paper",
    "five birds on one wire",
    "a child eats a green apple",
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Five captions without decisions."""
    new_lake = Lake(tmp_path / "lake")
    for number, text in enumerate(TEXTS):
        for table, row in rows_of(new_lake, number, text).items():
            if table is not Reviews:
                assert new_lake.append(table, frame(table, [row])).is_empty()
    return new_lake


@pytest.fixture
def project(studio: Studio, request: pytest.FixtureRequest) -> int:
    """A review project with two reviewers for each caption."""
    config = {"title": request.node.name[:48], "label_config": review_config()}
    with studio.api() as api:
        response = api.post("/api/projects/", json={**config, "maximum_annotations": 2})
    assert response.status_code == 201, response.text
    number: int = response.json()["id"]
    return number


@pytest.fixture
def label_studio(studio: Studio) -> Iterator[Client]:
    with Client(studio.url, TOKEN) as client:
        yield client


def go_through(page: Page, url: str, project: int, count: int) -> dict[int, str]:
    """Accept `count` captions in the stream; the text that the panel showed, by task."""
    review = ReviewPage(page, url)
    seen: dict[int, str] = {}
    review.stream(project)
    for number in range(count):
        if number:
            review.settle()
        seen[review.task] = review.box.input_value()
        assert review.panel.locator(".annotate-rv-layer b, .annotate-rv-transcript b").count() == 0
        review.press("Alt+1")
        review.submit()
    return seen


def texts_of(lake: Lake, label_studio: Client, project: int) -> dict[int, str]:
    """The caption's text of each task."""
    texts = dict(lake.read(Captions).select("caption_id", "text").iter_rows())
    return {
        task: texts[data["caption_id"]] for task, data in label_studio.task_data(project).items()
    }


def test_every_task_arrives_with_its_text_for_both_of_two_reviewers(
    studio: Studio, open_as: Open, lake: Lake, project: int, label_studio: Client, sue: str
) -> None:
    assert push(lake, label_studio, project).pushed == 5
    expected = texts_of(lake, label_studio, project)
    assert sorted(expected.values()) == sorted(TEXTS)
    first, second = open_as(REV).page, open_as(sue).page
    assert go_through(first, studio.url, project, 5) == expected
    first.screenshot(path=ARTIFACTS / "stream.png")
    assert go_through(second, studio.url, project, 5) == expected
    assert collect(lake, label_studio, project).written == 10
    rows = lake.scan(Reviews).collect()
    assert set(rows["decision"]) == {"accept"}
    assert set(rows["reviewer"]) == {f"ls-{studio.users[REV]}", f"ls-{studio.users[sue]}"}


def downgrade(studio: Studio, label_studio: Client, project: int) -> None:
    """Make the project like one of version 0.1: a model version per caption, media as uploads."""
    with studio.api() as api:
        found = api.get("/api/predictions/", params={"project": project}).json()
        for number, one in enumerate(found):
            version = {"model_version": f"{number:016x}"}
            api.patch(f"/api/predictions/{one['id']}/", json=version).raise_for_status()
        shown = {"model_version": f"{0:016x}", "show_collab_predictions": True}
        api.patch(f"/api/projects/{project}/", json=shown).raise_for_status()
    for task, data in label_studio.task_data(project).items():
        label_studio.change_task(task, {**data, "image": "/data/upload/0/gone.jpg"})


def test_a_project_of_an_older_version_is_updated(
    studio: Studio, open_as: Open, lake: Lake, project: int, label_studio: Client
) -> None:
    push(lake, label_studio, project)
    downgrade(studio, label_studio, project)
    report = push(lake, label_studio, project)
    assert (report.pushed, report.there, report.renewed) == (0, 5, 5)
    expected = texts_of(lake, label_studio, project)
    assert go_through(open_as(REV).page, studio.url, project, 5) == expected
    assert push(lake, label_studio, project).renewed == 0


def test_a_caption_without_a_prediction_is_shown_in_the_text_box(
    studio: Studio, open_as: Open, lake: Lake, project: int, label_studio: Client
) -> None:
    push(lake, label_studio, project)
    with studio.api() as api:
        for one in api.get("/api/predictions/", params={"project": project}).json():
            api.delete(f"/api/predictions/{one['id']}/").raise_for_status()
    (task, text), *_ = texts_of(lake, label_studio, project).items()
    page = ReviewPage(open_as(REV).page, studio.url)
    page.open_task(project, task)
    expect(page.box).to_have_value(text)
    page.press("Alt+1")
    page.submit()
    assert collect(lake, label_studio, project).written == 1
    (row,) = lake.read(Reviews).to_dicts()
    assert (row["decision"], row["text"]) == ("accept", text)


def test_review_media_is_forbidden_to_annotators(
    studio: Studio, log_in: Callable[[str], Any], lake: Lake, project: int, label_studio: Client
) -> None:
    """An annotator can't read the image and audio of a review task."""
    push(lake, label_studio, project)
    data = next(iter(label_studio.task_data(project).values()))
    for key in ("image", "audio"):
        assert log_in(REV).get(data[key]).status_code == 200
        assert log_in(ANN).get(data[key]).status_code == 404
        with studio.api() as api:
            assert api.get(data[key]).status_code == 200
