"""Recording on a phone: a finger on the image points and doesn't scroll the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import Project, Studio
from tests.e2e.studio.test_recorder import fetch

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCROLL_OFFSETS = """() => [...document.querySelectorAll("*")].map((one) => one.scrollTop)
  .concat(scrollX, scrollY, visualViewport.offsetTop, visualViewport.pageTop)
  .filter((offset) => offset !== 0)"""
"""All scroll offsets that aren't zero, in CSS pixels."""


def stroke(page: RecordingPage, path: list[tuple[float, float]]) -> None:
    """Touch the image, move along `path` (fractions of its size), and lift the finger."""
    box = page.page.locator("img[alt=image]").bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page.page)
    for number, (x, y) in enumerate(path):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchMove" if number else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_points_and_does_not_scroll(
    studio: Studio, project: Project, open_as: Open
) -> None:
    page = open_as(**PHONE)
    page.stream(project)
    page.get_ready()
    expect(page.panel.locator(".annotate-lead")).to_contain_text("Touch what you talk about")
    page.record(1)
    before = page.page.evaluate(SCROLL_OFFSETS)
    stroke(page, [(0.5, 0.2 + 0.06 * step) for step in range(11)])
    stroke(page, [(0.2 + 0.05 * step, 0.9) for step in range(5)])
    stroke(page, [(0.3, 0.3)])
    assert page.page.evaluate(SCROLL_OFFSETS) == before
    page.wait_for_clock(2)
    page.button("stop").tap()
    page.expect_state("kept")
    _, trace = fetch(studio, page.reference() or {})
    ends = [[(one.x_frac, one.y_frac) for one in (path[0], path[-1])] for path in trace.segments]
    assert [point for pair in ends for point in pair] == [
        *(pytest.approx((0.5, 0.2), abs=0.01), pytest.approx((0.5, 0.8), abs=0.01)),
        *(pytest.approx((0.2, 0.9), abs=0.01), pytest.approx((0.4, 0.9), abs=0.01)),
        *(pytest.approx((0.3, 0.3), abs=0.01), pytest.approx((0.3, 0.3), abs=0.01)),
    ]
    [tap] = trace.points
    assert (tap.x_frac, tap.y_frac) == pytest.approx((0.3, 0.3), abs=0.01)
    page.submit.tap()
    page.expect_state("ready")
    assert len(studio.annotations(project.tasks[0])) == 1


def test_with_a_mouse_the_instruction_is_to_point_and_not_to_touch(
    project: Project, open_as: Open
) -> None:
    page = open_as()
    page.stream(project)
    expect(page.panel.locator(".annotate-lead")).to_contain_text("Point at what you talk about")
