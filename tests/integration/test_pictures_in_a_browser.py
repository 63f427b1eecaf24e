"""The tables, the clean copy and the viewer have the size and colours that Chromium shows."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playwright.sync_api as playwright_api
import pytest
from PIL import Image

from annotate.media.clean_image import open_image
from annotate.media.images import Picture
from annotate.model.ids import sha256_hex
from annotate.model.tables import Images
from annotate.release.create import create
from annotate.store.lake import Lake
from tests import needs, pictures
from tests.builders import frame
from tests.pictures import planted_jpeg, planted_png, planted_webp
from tests.release_builders import put_image, rows_of

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
SIZE = (480, 320)
SHADES = Image.frombytes("L", SIZE, bytes((x * 255) // 479 for _ in range(320) for x in range(480)))
GREY = Image.frombytes(
    "I;16",
    SIZE,
    b"".join(int(x * 65_535 / 479).to_bytes(2, "little") for _ in range(320) for x in range(480)),
)
LARGE = pictures.a_picture("RGB", SIZE)

PICTURES = {
    **{f"JPEG turned {turn}": planted_jpeg(turn, LARGE) for turn in range(1, 9)},
    **{f"PNG turned {turn}": planted_png(turn, LARGE) for turn in (1, 3, 6, 7)},
    "WebP with an orientation": planted_webp(6),
    "CMYK JPEG": planted_jpeg(image=pictures.a_picture("CMYK", SIZE)),
    "turned CMYK JPEG": planted_jpeg(8, pictures.a_picture("CMYK", SIZE)),
    "16-bit grey PNG": pictures.encoded("PNG", GREY),
    "grey JPEG": pictures.encoded("JPEG", SHADES),
    "palette PNG": planted_png(image=pictures.a_picture("P", SIZE)),
    "two pictures": pictures.two_pictures(),
}
READ_PIXELS = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const at = (x, y) => context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data;
  const points = [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [0.3, 0.25]];
  return [canvas.width, canvas.height, points.map(([x, y]) => [...at(x, y)].slice(0, 3))];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with playwright_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=needs.chromium(), args=[*needs.QUIET])
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def shown_in(page: Any, data: bytes, media_type: str) -> tuple[int, int, list[list[int]]]:
    """The picture's width and height in the browser, and its colours at five points."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    width, height, colours = page.evaluate(READ_PIXELS, url)
    return width, height, colours


def largest_difference(some: list[list[int]], others: list[list[int]]) -> int:
    """The largest difference between colours, on a scale of 0 to 255."""
    pairs = [
        pair
        for one, other in zip(some, others, strict=True)
        for pair in zip(one, other, strict=True)
    ]
    return max(abs(a - b) for a, b in pairs)


@pytest.mark.parametrize("name", PICTURES)
def test_the_clean_copy_looks_like_the_original(page: Any, name: str) -> None:
    data = PICTURES[name]
    picture: Picture = open_image(data)
    width, height, colours = shown_in(page, data, picture.media_type)
    clean = shown_in(page, picture.clean, picture.media_type)
    assert (picture.width, picture.height) == (width, height) == clean[:2]
    assert largest_difference(clean[2], colours) <= (6 if "turned CMYK" in name else 3)


def planted_lake(root: Path) -> Lake:
    """A lake with three pictures that decoders often show wrong, and a caption for each."""
    lake = Lake(root)
    chosen = ("16-bit grey PNG", "JPEG turned 6", "CMYK JPEG")
    for index, name in enumerate(chosen):
        put_image(lake, index, f"this is a {name.replace(' ', '-')}")
        row = rows_of(lake, index)[Images]
        picture = open_image(PICTURES[name])
        blob = lake.blobs.put("images", picture.clean, picture.suffix)
        clean = {"clean_blob": blob, "clean_sha256": sha256_hex(picture.clean)}
        size = {"width": picture.width, "height": picture.height, "name": name}
        changed = {**row, **clean, **size, "clean_bytes": len(picture.clean), "step_key": "real"}
        assert lake.append(Images, frame(Images, [changed])).is_empty()
    return lake


def test_the_viewer_shows_pictures_as_they_are(page: Any, tmp_path: Path) -> None:
    release = create(planted_lake(tmp_path), "v1")
    page.goto((Path(release.path) / "index.html").as_uri())
    ARTIFACTS.mkdir(exist_ok=True)
    for name in ("16-bit grey PNG", "JPEG turned 6", "CMYK JPEG"):
        page.fill("#search", name.replace(" ", "-"))
        page.locator(".item:visible").click()
        url = page.locator("#image").get_attribute("src")
        width, height, colours = page.evaluate(READ_PIXELS, url)
        original = shown_in(page, PICTURES[name], "image/png" if "PNG" in name else "image/jpeg")
        assert (width, height) == original[:2]
        assert largest_difference(colours, original[2]) <= 8  # twice through a lossy codec, in sRGB
        page.screenshot(path=ARTIFACTS / f"viewer-{name.replace(' ', '-')}.png")
