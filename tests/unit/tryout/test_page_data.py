"""Data of the page from a lake: images, newest first, doubtful words and results of checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate import pipeline
from annotate.execution.runner import run_step
from annotate.model.tables import Captions, Transcripts
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.tryout.page import IDLE, LivePage
from annotate.tryout.page_data import DOUBTFUL, YOU, PageReader
from tests.e2e.small_demo import write_small_demo


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of three short recordings of two images, processed with the demo's model."""
    folder = write_small_demo(tmp_path_factory.mktemp("small"))
    settings = Settings(lake=str(tmp_path_factory.mktemp("lake")))
    lake = pipeline.open_lake(settings)
    with pipeline.steps([folder], settings) as steps:
        for step in steps:
            run_step(step, lake)
    return lake


def words(tokens: list[dict[str, Any]]) -> list[str]:
    return [token["text"] for token in tokens if token["text"]]


def test_every_image_has_its_caption_with_points_and_recordings(lake: Lake) -> None:
    shown = PageReader(lake).read()
    captions = {row["image_id"]: row for row in lake.read(Captions).to_dicts()}
    assert {one["id"] for one in shown.images} == captions.keys()
    for one in shown.images:
        text = "".join(token["gap"] + token["text"] for token in one["caption"])
        assert text == captions[one["id"]]["text"]
        assert any("x" in token for token in one["caption"])
        assert {recording["annotator"] for recording in one["recordings"]} == {YOU}
        assert one["src"].startswith("data:image/jpeg;base64,")
    assert shown.counts["recordings"] == 3
    assert 0 < shown.counts["grounded_words"] < shown.counts["words"]


def test_words_of_low_probability_are_marked(lake: Lake) -> None:
    doubtful = {
        word["text"]: word["probability"]
        for row in lake.read(Transcripts).to_dicts()
        for word in row["words"]
        if word["probability"] < DOUBTFUL
    }
    marked = [
        token
        for image in PageReader(lake).read().images
        for recording in image["recordings"]
        for token in recording["words"]
        if "doubtful" in token
    ]
    assert {token["text"] for token in marked} == doubtful.keys()
    assert all(token["doubtful"] < DOUBTFUL + 0.01 for token in marked)


def test_results_of_checks_are_shown(lake: Lake) -> None:
    notes = [note for image in PageReader(lake).read().images for note in image["notes"]]
    # 12 s; the protocol requires 60 s.
    assert sum("It lasts 12.0 s" in note for note in notes) == 3
    assert any(note.startswith("Recording 2: ") for note in notes)
    assert any(note.startswith("Your recording: ") for note in notes)


def test_unchanged_images_and_pages_are_reused(lake: Lake) -> None:
    reader = PageReader(lake)
    first, second = reader.read(), reader.read()
    assert all(one is two for one, two in zip(first.images, second.images, strict=True))
    page = LivePage("demo", "http://localhost/")
    assert page.renew(lake) == page.renew(lake)


def test_rejected_items_are_listed(lake: Lake) -> None:
    # The small demo's two broken inputs are in another folder, which isn't ingested.
    assert PageReader(lake).read().refused == []


def test_an_empty_lake_is_an_empty_page(tmp_path: Path) -> None:
    page = LivePage("base", "http://localhost/").renew(Lake(tmp_path))
    assert "Your words will be here" in page.html
    assert page.newest is None


def test_the_page_shows_the_state_of_the_work(lake: Lake) -> None:
    page = LivePage("base", "http://localhost/")
    assert page.state() | {"page": ""} == {
        "page": "",
        "newest": None,
        "state": "idle",
        "text": IDLE,
    }
    page.progress("ingest", 0)
    assert page.state()["state"] == "idle"
    page.progress("ingest", 1)
    assert page.state()["state"] == "working"
    page.fail("no memory")
    assert (page.state()["state"], page.state()["text"]) == ("failed", "no memory")
    page.begin()
    made = page.renew(lake)
    assert (page.state()["state"], page.state()["page"]) == ("idle", made.version)
    assert made.newest in made.html


def test_only_the_demo_s_model_comes_with_a_warning(lake: Lake) -> None:
    warned = {
        name: "Synthetic voices only" in LivePage(name, "").renew(lake).html
        for name in ("demo", "base")
    }
    assert warned == {"demo": True, "base": False}
