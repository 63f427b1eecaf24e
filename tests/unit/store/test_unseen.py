"""Images whose captions require a person's decision, by the source of their recordings."""

from pathlib import Path
from typing import Any

import pytest

from annotate.model.tables import Captions, Recordings, Reviews
from annotate.store.lake import Lake
from annotate.store.unseen import Unseen, for_people
from tests.builders import a_recording, img, lake_with, rec

SERVER_SOURCE = "label-studio/studio.example.org/3/7"


def a_caption(name: str, *recordings: str) -> dict[str, Any]:
    row = {"image_id": img(name), "caption_id": f"cap_{img(name)[4:]}", "text": "A boat."}
    return {**row, "lineage": [], "recordings": [rec(one) for one in recordings]}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Images of a folder, of a server, and of both; one whose caption uses the folder's only."""
    over = {"source": SERVER_SOURCE}
    rows = [
        a_recording("f", image_id=img("folder")),
        a_recording("s", image_id=img("server"), **over),
        a_recording("m1", image_id=img("mixed")),
        a_recording("m2", image_id=img("mixed"), **over),
        a_recording("u1", image_id=img("unused")),
        a_recording("u2", image_id=img("unused"), **over),
    ]
    captions = [
        a_caption("folder", "f"),
        a_caption("server", "s"),
        a_caption("mixed", "m1", "m2"),
        a_caption("unused", "u1"),
    ]
    return lake_with(tmp_path, {Recordings: rows, Captions: captions})


def names(lake: Lake, unseen: Unseen) -> set[str]:
    found = set(for_people(lake, unseen).collect()["image_id"])
    known = {img(name): name for name in ("folder", "server", "mixed", "unused", "other")}
    return {known[one] for one in found}


def test_an_image_with_a_recording_from_a_server_needs_a_reviewer(lake: Lake) -> None:
    assert names(lake, "folders") == {"server", "mixed", "unused"}


def test_the_setting_can_exempt_all_or_no_images(lake: Lake) -> None:
    assert names(lake, "all") == set()
    assert names(lake, "none") == {"folder", "server", "mixed", "unused"}


def test_a_recording_moved_to_another_image_still_counts_for_the_caption(
    lake: Lake,
) -> None:
    moved = a_recording("f", image_id=img("other"), source=SERVER_SOURCE)
    lake_with(Path(lake.root), {Recordings: [moved]})
    assert names(lake, "folders") == {"folder", "other", "server", "mixed", "unused"}


@pytest.mark.parametrize("decision", ["accept", "fix", "reject"])
def test_an_image_with_a_reviewers_decision_always_needs_a_reviewer(
    lake: Lake, decision: str
) -> None:
    earlier = {"caption_id": "cap_" + 16 * "e", "image_id": img("folder"), "decision": decision}
    decision = {"reviewer": "ls-9", "seconds": 3.0, "reasons": [], "text": "A boat.", "lineage": []}
    seen = earlier | decision | {"automatic": False}
    unseen = seen | {"caption_id": "cap_" + 16 * "f", "automatic": True}
    lake_with(Path(lake.root), {Reviews: [unseen]})
    assert "folder" not in names(lake, "folders")
    lake_with(Path(lake.root), {Reviews: [seen]})
    lake_with(Path(lake.root), {Reviews: [unseen]})
    assert names(lake, "folders") == {"folder", "server", "mixed", "unused"}
    assert names(lake, "all") == set()


def test_an_empty_lake_has_none(tmp_path: Path) -> None:
    for unseen in ("folders", "all", "none"):
        assert for_people(Lake(tmp_path), unseen).collect().is_empty()  # type: ignore[arg-type]
