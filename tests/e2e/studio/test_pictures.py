"""Screenshots of what annotators see: two languages, light and dark, three widths.

Two variants run always; with `ANNOTATE_PICTURES`, the folder to store the screenshots in, all do.
The screenshots are for people to look at; the test checks that nothing is cut off or out of reach.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.studio import newcomer
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import DEMO, Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

SIZES = {1366: (1366, 768), 1920: (1920, 1080), 390: (390, 844)}
PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
ALL = [
    (width, language, theme)
    for width in SIZES
    for language in ("en", "ar")
    for theme in ("light", "dark")
]
SAMPLE = [(1366, "en", "light"), (390, "ar", "dark")]
LAYOUT = """() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect().toJSON();
  const image = box("img[alt=image]"), panel = box(".annotate-panel");
  const wide = document.documentElement.scrollWidth;
  return { image, panel, wide, width: innerWidth, height: innerHeight };
}"""
OVERFLOWING = """() => [...document.querySelectorAll(".annotate-panel *, .annotate-bar *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
  .filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    return left < -1 || right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 2
      && getComputedStyle(one).overflowX === "hidden";
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Our elements that extend beyond the window or are cut off."""


@dataclass
class Album:
    """Numbered screenshots of one width, language and theme."""

    folder: Path
    name: str
    number: int = 0

    def take(self, page: Page, what: str) -> None:
        """Take the next screenshot."""
        self.number += 1
        page.screenshot(path=self.folder / f"{self.name}-{self.number:02}-{what}.png")


@pytest.fixture
def project(studio: Studio, request: pytest.FixtureRequest) -> Project:
    """The first image is square, so in a wide window its height is the limit."""
    names = ("astronaut", "temple", "rocket")
    images = [DEMO / "images" / f"{name}.jpg" for name in names]
    return studio.record_project(record_config(), images, request.node.name[:48])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder for the screenshots."""
    chosen = Path(os.environ.get("ANNOTATE_PICTURES") or tmp_path)
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.parametrize(
    ("width", "language", "theme"), ALL if os.environ.get("ANNOTATE_PICTURES") else SAMPLE
)
def test_from_sign_up_to_the_end(
    studio: Studio,
    only_project: Project,
    browser: Browser,
    folder: Path,
    width: int,
    language: str,
    theme: str,
) -> None:
    with studio.api() as api:
        config = record_config(interface=language, asked_seconds=4)
        api.patch(
            f"/api/projects/{only_project.id}/", json={"label_config": config}
        ).raise_for_status()
    album = Album(folder, f"{width}-{language}-{theme}")
    page = open_invite(studio, browser, width, theme)
    try:
        sign_up(page, album, f"{album.name}@example.com")
        record(page, album)
        finish(page, album)
    finally:
        page.context.close()
    assert page.errors == []


def open_invite(studio: Studio, browser: Browser, width: int, theme: str) -> RecordingPage:
    viewport = {"width": SIZES[width][0], "height": SIZES[width][1]}
    more: dict[str, Any] = PHONE if width < 500 else {}
    page = newcomer.open_invite_link(studio, browser, viewport=viewport, color_scheme=theme, **more)
    page.page.evaluate("theme => localStorage['preferred-color-scheme'] = theme", theme.title())
    page.page.reload()
    return page


def sign_up(page: RecordingPage, album: Album, email: str) -> None:
    album.take(page.page, "sign-up")
    newcomer.sign_up(page, email)
    album.take(page.page, "consent")
    page.button("agree").click()
    expect(page.button("test-done")).to_be_enabled()
    album.take(page.page, "microphone")
    page.button("test-done").click()
    page.expect_state("ready")
    page.settle()
    album.take(page.page, "ready")
    assert_fits(page)


def record(page: RecordingPage, album: Album) -> None:
    page.record(1)
    page.panel.locator("[data-question=glance]").click()
    page.point(0.4, 0.5)
    album.take(page.page, "recording")
    assert_fits(page)
    assert_image_in_view(page)
    page.button("pause").click()
    page.expect_state("paused")
    album.take(page.page, "paused")
    page.button("go_on").click()
    page.wait_for_clock(5)
    album.take(page.page, "reached")
    assert_fits(page)
    page.stop()
    page.expect_state("kept")
    album.take(page.page, "kept")
    assert_fits(page)


def finish(page: RecordingPage, album: Album) -> None:
    page.submit.click()
    for left in (2, 1):
        counts = re.compile(rf"^\D*1\D+{left}\D*$")
        expect(page.page.locator(".annotate-progress-text")).to_have_text(counts)
        page.expect_state("ready")
        page.button("skip").click()
        page.button("skip").click()
    page.page.wait_for_url("**/annotate/done")
    album.take(page.page, "done")


def assert_fits(page: RecordingPage) -> None:
    """The image is as large as the window allows, and none of our elements is cut off."""
    page.page.evaluate("document.querySelector('.lsf-main-view__annotation').scrollTop = 0")
    assert page.page.evaluate(OVERFLOWING) == []
    layout = page.page.evaluate(LAYOUT)
    assert layout["wide"] <= layout["width"]
    image, panel = layout["image"], layout["panel"]
    if layout["width"] < 500:
        assert image["width"] >= 0.9 * layout["width"] or image["height"] >= 0.35 * layout["height"]
        assert panel["width"] >= 0.9 * layout["width"]
        assert panel["top"] >= image["bottom"] - 1
        return
    # The image fills the area beside the panel in one direction.
    free = layout["width"] - panel["width"]
    assert image["width"] >= 0.9 * free or image["height"] >= 0.85 * layout["height"]
    assert max(image["bottom"], panel["bottom"]) <= layout["height"]


def assert_image_in_view(page: RecordingPage) -> None:
    """During a recording the image stays visible when the questions are scrolled."""
    page.panel.locator("[data-question]").last.scroll_into_view_if_needed()
    image = page.page.evaluate(LAYOUT)["image"]
    assert image["top"] >= 0
    assert image["bottom"] <= page.page.evaluate("innerHeight")
    expect(page.button("stop")).to_be_visible()
