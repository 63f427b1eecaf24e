"""Screenshots of a release's page with real images and recordings, for visual inspection."""

from __future__ import annotations

import os
from pathlib import Path

import playwright.sync_api as playwright_api
import pytest

from annotate.execution.runner import run_step
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.review.step import AutoReview
from tests import needs
from tests.e2e.studio.captions import lake_of_captions

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ALL = os.environ.get("ANNOTATE_PICTURES")
SCREENSHOTS = Path(ALL or Path(__file__).parents[1] / "artifacts") / "release"
HEIGHTS = {1366: 768, 1920: 1080, 390: 844}
VARIANTS = [(width, scheme) for width in HEIGHTS for scheme in ("light", "dark")]
SAMPLE = [(1366, "light"), (390, "dark")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a release of five images."""
    lake = lake_of_captions(tmp_path_factory.mktemp("pictures"))
    run_step(AutoReview(), lake)
    release = create(
        lake, "v1", ReleaseOptions(title="Photographs described aloud", license="cc0-1.0")
    )
    return (Path(release.path) / "index.html").as_uri()


def test_the_page_of_a_release(url: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with playwright_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=needs.chromium(), args=needs.QUIET)
        for width, scheme in VARIANTS if ALL else SAMPLE:
            size = {"width": width, "height": HEIGHTS[width]}
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.goto(url)
            page.fill("#search", "cat")
            page.locator("#caption .word.pointed").nth(4).hover()
            playwright_api.expect(page.locator("#facts")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.screenshot(path=SCREENSHOTS / f"{width}-{scheme}.png")
            page.close()
        browser.close()
