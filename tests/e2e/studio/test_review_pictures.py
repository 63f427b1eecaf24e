"""The review panel as it looks: English and Arabic, light and dark, three widths."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.captions import ARABIC, Waiting
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.review_page import ReviewPage

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Reviewer = Callable[..., ReviewPage]
PICTURES = Path(os.environ.get("ANNOTATE_PICTURES", ARTIFACTS)) / "review"

LOOKS = [
    pytest.param(width, height, scheme, language, id=f"{width}-{scheme}-{language}")
    for width, height in ((1366, 768), (1920, 1080), (390, 844))
    for scheme in ("light", "dark")
    for language in ("en", "ar")
]


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_it_looks_right(
    review: Reviewer,
    to_review: int,
    waiting: Waiting,
    width: int,
    height: int,
    scheme: str,
    language: str,
) -> None:
    page = review(viewport={"width": width, "height": height})
    page.page.evaluate(
        "(name) => localStorage.setItem('preferred-color-scheme', name)", scheme.capitalize()
    )
    text = ARABIC.split()[1] if language == "ar" else "merely"
    page.open_task(to_review, waiting.task_with(to_review, text))
    page.choose_language(language)
    expect(page.page.locator("[data-color-scheme]").first).to_have_attribute(
        "data-color-scheme", scheme
    )
    name = f"{width}-{scheme}-{language}"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.press("Alt+n")
    page.page.screenshot(path=PICTURES / f"{name}-doubt.png")
    page.box.press("Control+End")
    page.type(" More.")
    page.press("Alt+3")
    page.page.screenshot(path=PICTURES / f"{name}-reject.png")
    within_the_page(page, width)
    page.choose_language("en")


def within_the_page(page: ReviewPage, width: int) -> None:
    """Nothing is cut off sideways, and on a laptop all that decides is above the fold."""
    boxes = page.panel.evaluate(
        """(panel) => [".annotate-rv-frame", ".annotate-rv-scroll", ".annotate-rv-said",
                       ".annotate-rv-bar"].map((name) => {
             const { left, right, top, bottom } = panel.querySelector(name).getBoundingClientRect();
             return [left, right, top, bottom];
           })"""
    )
    drawn, typed = page.panel.evaluate(
        """(panel) => [panel.querySelector(".annotate-rv-layer").offsetHeight,
                       panel.querySelector("textarea").scrollHeight]"""
    )
    assert abs(drawn - typed) <= 1  # both break their lines at the same words
    bottom = page.page.evaluate(
        "() => document.querySelector('.lsf-bottombar').getBoundingClientRect().top"
    )
    for left, right, top, low in boxes:
        assert left >= 0
        assert right <= width
        if width > 900:
            assert (top >= 0, low <= bottom + 1) == (True, True)
