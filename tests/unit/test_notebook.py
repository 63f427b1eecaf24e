"""A row as HTML: self-contained, with all untrusted text escaped."""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from tests.release_builders import a_lake, put_image

HOSTILE = (
    "a <script>alert(1)</script> \"quoted\" 'word' &amp; </style><img src=x onerror=alert(1)> "
    "\x1b[31mred\x1b[0m \u202egnorw javascript:alert(1)"
)


@pytest.fixture(autouse=True)
def separate_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(create(a_lake(tmp_path / "lake", 2), "v1").path)


def first(release: Path) -> dict[str, Any]:
    return client.load(release).row(0, named=True)


class Elements(HTMLParser):
    """The elements of a page: names with attributes, and the text."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_a_row_is_shown_with_its_image_points_and_caption(release: Path) -> None:
    row = first(release)
    page = Elements(client.show(row)._repr_html_())
    (image,) = page.named("img")
    kind, _, data = str(image["src"]).partition(";base64,")
    assert (kind, base64.b64decode(data)) == ("data:image/jpeg", client.image(row))
    words = page.named("b")
    assert len(words) == row["word_count"] == 4
    title = re.compile(r"ann-\w+ at 0:0\d\.\d to 0:0\d\.\d")
    assert [str(word["title"]) for word in words if not title.match(str(word["title"]))] == []
    pointed = [word for word in words if word["class"] == "at"]
    assert [str(word["title"]).partition(", ")[2] for word in pointed] == [
        "pointing at 25%, 75%"
    ] * 2
    assert len(page.named("i")) == 2
    assert len(page.named("circle")) == 1  # both words have the same point
    text = "".join(page.texts[page.texts.index("a") - 1 :]) if "a" in page.texts else ""
    assert row["caption"] in text


def test_a_mark_is_at_the_point_of_its_word(release: Path) -> None:
    row = first(release)
    marks = re.findall(r"left:([\d.]+)cqw;top:([\d.]+)cqw", client.show(row)._repr_html_())
    ratio = row["height"] / row["width"]
    assert {(float(x), float(y)) for x, y in marks} == {(25.0, round(75 * ratio, 2))}


def test_no_external_resource_is_loaded(release: Path) -> None:
    page = client.show(first(release))._repr_html_()
    assert not re.search(r"https?:|url\(|@import|<script|<link|<iframe", page)


def test_untrusted_text_is_escaped(release: Path) -> None:
    row = first(release) | {"caption": HOSTILE, "image_name": HOSTILE, "split": HOSTILE}
    spans = [
        {**row["lineage"][0], "start_char": one.start(), "end_char": one.end(), "x_frac": None}
        for one in re.finditer(r"\S+", HOSTILE)
    ]
    row["lineage"] = spans
    row["recordings"] = [{**row["recordings"][0], "annotator_id": HOSTILE}]
    shown = client.show(row)
    page = Elements(shown._repr_html_())
    assert {name for name, _ in page.found} <= {"style", "div", "img", "svg", "p", "b"}
    keys = {key for _, attributes in page.found for key in attributes}
    assert keys <= {
        *("alt", "aria-hidden", "class", "dir", "height", "src", "tabindex", "title"),
        *("viewbox", "width"),
    }
    assert HOSTILE in "".join(page.texts)
    assert HOSTILE in str(page.named("b")[0]["title"])
    assert "\x1b" not in repr(shown)
    assert "\u202e" not in repr(shown)


def test_the_plain_text_is_the_caption(release: Path) -> None:
    row = first(release)
    bundle = client.show(row)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("a red thing here\n(")
    assert "4 words" in bundle["text/plain"]
    assert set(bundle) == {"text/plain", "text/html"}
    assert html.unescape(bundle["text/html"]).count("photo") >= 2


def test_a_row_without_an_image_is_shown(tmp_path: Path) -> None:
    lake = a_lake(tmp_path / "lake", 1)
    options = ReleaseOptions(include_images=False, include_audio=False)
    row = first(Path(create(lake, "v1", options).path))
    page = Elements(client.show(row)._repr_html_())
    assert (page.named("img"), page.named("i")) == ([], [])
    for read in (client.image, client.audio):
        with pytest.raises(AnnotateError, match=r"captions without the (images|recordings)"):
            read(row)


def test_media_are_read_from_the_release_of_the_row(tmp_path: Path) -> None:
    """Several releases are loaded; the file is identified by its path and hash in the row."""
    lakes = [a_lake(tmp_path / name, 1) for name in ("one", "two")]
    put_image(lakes[1], 7)
    releases = [Path(create(lake, "v1").path) for lake in lakes]
    rows = [client.load(release).row(-1, named=True) for release in releases]
    for row, release in zip(rows, releases, strict=True):
        assert client.image(row) == (release / row["image_url"]).read_bytes()
        source = row["recordings"][0]
        assert client.audio(row) == (release / source["audio"]).read_bytes()
        assert client.audio(row, source["recording_id"]) == client.audio(row, 0)
        assert client.audio(row, source=release) == client.audio(row)


def test_errors_have_one_line(release: Path) -> None:
    row = first(release)
    with pytest.raises(AnnotateError, match="no recording 1 in this row, which has rec_"):
        client.audio(row, 1)
    with pytest.raises(AnnotateError, match="show takes one row"):
        client.show(client.load(release))  # type: ignore[arg-type]
    with pytest.raises(AnnotateError, match="is no picture and no sound"):
        client.image(row | {"image_url": "../../etc/passwd"})
    missing = row | {"image_url": row["image_url"].replace(row["image_sha256"][:2], "00")}
    with pytest.raises(AnnotateError, match="is in no release that was loaded: name the release"):
        client.image(missing)
    (release / row["image_url"]).write_bytes(b"another picture")
    with pytest.raises(AnnotateError, match="is damaged: fetch it again"):
        client.show(row, release)
