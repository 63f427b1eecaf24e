from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from annotate.model.ids import sha256_hex
from annotate.model.tables import Images, Narrations, Recordings
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.release.viewer import caption_tokens, render_viewer, thin_path, viewer_script
from annotate.store.lake import Lake
from tests.builders import frame
from tests.release_builders import a_lake, edited, lineage, put_image

ABOUT: dict[str, Any] = {
    "title": "A <b>title</b>",
    "version": "v1",
    "license": "unknown",
    "attribution": "Images by others.",
    "total": 3,
    "shown": 1,
    "numbers": [("3", "images")],
    "badges": [],
}
EVIL = "</script><script>alert(1)</script><!-- &amp;"


class Page(HTMLParser):
    """The parsed page: elements, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and data.strip():
            self.texts.append((self.elements[-1][0], data))

    def data(self) -> dict[str, Any]:
        (text,) = (text for tag, text in self.texts if tag == "script" and text[0] == "{")
        return dict(json.loads(text))


def page_of(lake: Lake, **options: Any) -> Page:
    root = Path(create(lake, "v1", ReleaseOptions(**options)).path)
    return Page((root / "index.html").read_text())


def test_captions_cannot_become_markup() -> None:
    page = Page(render_viewer(ABOUT, [{"caption": EVIL}]))
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert page.data() == {"images": [{"caption": EVIL}]}
    assert "b" not in [tag for tag, _ in page.elements]


def test_the_content_security_policy_allows_only_the_pages_own_script_and_style() -> None:
    page = Page(render_viewer(ABOUT, []))
    policy = next(
        attributes["content"] or ""
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    for name in ("unsafe", "http:", "https:", "*"):
        assert name not in policy
    for tag in ("style", "script"):
        text = next(text for found, text in page.texts if found == tag and text[0] != "{")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a release of one image."""
    return page_of(a_lake(tmp_path_factory.mktemp("lake"), 1))


def test_the_page_has_no_external_resources(page: Page) -> None:
    links = [a.get("src") or a.get("href") for _, a in page.elements]
    assert [link for link in links if link] == []
    image = page.data()["images"][0]
    assert image["src"].startswith("data:image/jpeg;base64,")
    assert image["recordings"][0]["src"].startswith("data:audio/ogg;base64,")


def test_the_script_inserts_no_text_as_markup() -> None:
    script = viewer_script()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    assert "</" not in script


def test_the_number_of_shown_images_is_stated(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 3)
    page = page_of(lake, viewer_images=2)
    assert len(page.data()["images"]) == 2
    assert any("2 of 3 images are shown here" in text for _, text in page.texts)


def test_an_image_has_words_audio_and_pointer_path(page: Page) -> None:
    image = page.data()["images"][0]
    assert image["caption"][1] == {
        "gap": " ",
        "text": "red",
        "kind": "spoken",
        "from": 0,
        "start": 400,
        "end": 700,
        "x": 0.25,
        "y": 0.75,
    }
    (recording,) = image["recordings"]
    assert [word["text"] for word in recording["words"]] == ["a", "red", "thing", "here"]
    assert recording["from"] == 0
    assert recording["trace"][0][:3] == [0, 0.2, 0.7]
    assert recording["clicks"] == [500, 0.25, 0.75]


def test_words_without_a_space_before_have_no_gap(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put_image(lake, 1)
    narration = lake.read(Narrations).drop("written_at", "step_key").to_dicts()[0]
    for word in narration["words"][2:]:
        word["space_before"] = False
    lake.append(Narrations, frame(Narrations, [narration]))
    (recording,) = page_of(lake).data()["images"][0]["recordings"]
    assert [word["gap"] for word in recording["words"]] == ["", " ", "", ""]


def test_undecodable_media_do_not_stop_the_release(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 2)
    broken = b"not decodable"
    file = {"sha256": sha256_hex(broken), "bytes": len(broken)}
    image = lake.read(Images).row(0, named=True)
    blob = lake.blobs.put("images", broken, "jpg")
    clean = {"clean_blob": blob, "clean_sha256": file["sha256"], "clean_bytes": file["bytes"]}
    lake.append(Images, frame(Images, [{**image, **clean}]))
    mute = lake.read(Recordings).filter(image_id=lake.read(Images)["image_id"][1])
    blob = lake.blobs.put("audio", broken, "wav")
    silent = {"clean_blob": blob, "clean_sha256": file["sha256"], "clean_bytes": file["bytes"]}
    row = {**mute.row(0, named=True), **silent}
    lake.append(Recordings, frame(Recordings, [row]))
    (shown,) = page_of(lake).data()["images"]
    assert shown["recordings"][0]["src"] is None


def test_tokens_concatenate_to_the_caption() -> None:
    text, spans = lineage([], None)
    assert caption_tokens(text, spans, []) == []
    text = "A 🐈 cat, no?"
    spans = [
        _span(2, 3, "spoken", "rec"),
        _span(4, 8, "edited", None),
        _span(9, 11, "spoken", "unknown"),
    ]
    tokens = caption_tokens(text, spans, ["rec"])
    assert "".join(token["gap"] + token["text"] for token in tokens) == text
    assert [token.get("from") for token in tokens] == [0, None, None, None]


def _span(start: int, end: int, kind: str, recording: str | None) -> dict[str, Any]:
    source = {"start_ms": 1, "end_ms": 2, "x_frac": None, "y_frac": None}
    return {"start_char": start, "end_char": end, "kind": kind, "recording_id": recording, **source}


@pytest.mark.parametrize(
    ("times", "thin_times"), [([], []), ([0, 10, 39, 40, 100], [0, 40, 100]), ([5, 5], [5])]
)
def test_the_pointer_path_is_thinned(times: list[int], thin_times: list[int]) -> None:
    points = [{"t_ms": t, "x_frac": 0.123456, "y_frac": 0.5} for t in times]
    flat = thin_path(points)
    assert flat[0::3] == thin_times
    assert flat[1::3] == [0.1235] * len(thin_times)


def test_captions_without_spoken_words_are_shown(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put_image(lake, 1, review=edited("All new words"))
    caption = page_of(lake).data()["images"][0]["caption"]
    assert "".join(token["gap"] + token["text"] for token in caption) == "All new words"
