"""Screenshots of the review panel: English and Arabic, light and dark, three widths."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.captions import ARABIC, PushedCaptions
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.server import Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

OpenReview = Callable[..., ReviewPage]
ALL = os.environ.get("ANNOTATE_PICTURES")
PICTURES = ARTIFACTS / "review"

SAMPLE = ("1366-light-en", "1366-dark-ar", "1920-dark-en", "390-light-ar")
"""The screenshots taken unless `ANNOTATE_PICTURES` names a folder for all."""
VARIANTS = [
    f"{width}-{scheme}-{language}"
    for width in (1366, 1920, 390)
    for scheme in ("light", "dark")
    for language in ("en", "ar")
]
HEIGHTS = {1366: 768, 1920: 1080, 390: 844}


@pytest.mark.parametrize("variant", VARIANTS if ALL else SAMPLE)
def test_the_panel_fits_the_page(
    studio: Studio, open_review: OpenReview, pushed: PushedCaptions, variant: str
) -> None:
    size, scheme, language = variant.split("-")
    width = int(size)
    page = open_review(viewport={"width": width, "height": HEIGHTS[width]})
    page.page.evaluate(
        "(name) => localStorage.setItem('preferred-color-scheme', name)", scheme.capitalize()
    )
    text = ARABIC.split()[1] if language == "ar" else "merely"
    page.stream(pushed.project(studio, f"pictures {variant}", only=text))
    page.choose_language(language)
    expect(page.page.locator("[data-color-scheme]").first).to_have_attribute(
        "data-color-scheme", scheme
    )
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.press("Alt+n")
    page.page.screenshot(path=PICTURES / f"{variant}-doubt.png")
    assert_fits(page, width)
    page.box.press("Control+End")
    page.type(" More.")
    page.press("Alt+3")
    page.page.screenshot(path=PICTURES / f"{variant}-reject.png")
    assert_fits(page, width)
    page.choose_language("en")


def assert_fits(page: ReviewPage, width: int) -> None:
    """Nothing is cut off at the sides, and on a laptop the controls need no scrolling."""
    boxes = page.panel.evaluate(
        """(panel) => [".annotate-rv-frame", ".annotate-rv-scroll", ".annotate-rv-said",
                       ".annotate-rv-bar"].map((name) => {
             const { left, right, top, bottom } = panel.querySelector(name).getBoundingClientRect();
             return [left, right, top, bottom];
           })"""
    )
    drawn, typed = page.panel.evaluate(
        """(panel) => {
             const box = panel.querySelector("textarea");
             box.style.blockSize = "0px";
             const typed = box.scrollHeight;
             box.style.blockSize = "";
             return [panel.querySelector(".annotate-rv-layer").offsetHeight, typed];
           }"""
    )
    assert abs(drawn - typed) <= 1  # both layers break lines at the same words
    bottom = page.page.evaluate(
        "() => document.querySelector('.lsf-bottombar').getBoundingClientRect().top"
    )
    sides = page.page.locator(".lsf-bottombar button:visible").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().right)"
    )
    assert max(sides) <= width  # Submit is visible
    for left, right, top, low in boxes:
        assert left >= 0
        assert right <= width
        if width > 900:
            assert (top >= 0, low <= bottom + 1) == (True, True)
