"""Recording in Label Studio, with the actions of an annotator."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
from playwright.sync_api import expect

from annotate.ingest.traces import parse_trace
from annotate.model.pointer import Trace
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import IMAGES, Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]


PAUSED_MS = 2500

WHOLE_IMAGE = """() => {
  const [image, frame] = ["img[alt=image]", ".lsf-image"]
    .map((one) => document.querySelector(one).getBoundingClientRect());
  return ["x", "y", "width", "height"].every((side) => Math.abs(image[side] - frame[side]) <= 2);
}"""
"""Whether the whole image is in view."""


def decoded_ms(audio: bytes) -> int:
    """The duration of the decoded audio, in ms."""
    with av.open(io.BytesIO(audio)) as container:
        frames = list(container.decode(audio=0))
    return sum(1000 * frame.samples // frame.sample_rate for frame in frames)


def fetch(studio: Studio, reference: dict[str, Any]) -> tuple[bytes, Any]:
    """Audio and trace, as the pipeline fetches them."""
    with studio.api() as api:
        audio = api.get(f"/annotate/recordings/{reference['recording']}")
        trace = api.get(f"/annotate/recordings/{reference['recording']}/trace")
    assert audio.status_code == trace.status_code == 200
    return audio.content, parse_trace(trace.content)


def record_with_a_pause(page: RecordingPage) -> None:
    """Record: point, click, tick two questions, pause, resume and stop."""
    page.record(1)
    for step in range(8):
        page.point(0.2 + 0.05 * step, 0.5)
    page.page.mouse.down()
    page.page.mouse.up()
    page.page.mouse.move(1300, 900)  # off the image: the next move on it begins a new segment
    page.panel.locator("[data-question=objects]").click()
    page.page.keyboard.press("Alt+n")
    expect(page.panel.locator("[data-question=glance]")).to_have_attribute("aria-pressed", "true")
    page.point(0.1, 0.9)
    page.page.screenshot(path=ARTIFACTS / "recording.png")
    page.page.keyboard.press("Alt+p")
    page.expect_state("paused")
    page.point(0.9, 0.1)  # paused: not part of the trace
    page.page.wait_for_timeout(PAUSED_MS)
    page.page.keyboard.press("Alt+p")
    page.expect_state("recording")
    page.wait_for_clock(4)
    page.expect_cannot_submit()
    assert page.reference() is None
    page.page.keyboard.press("Alt+s")
    page.expect_state("kept")


def check_trace(trace: Trace, lasted_ms: int) -> None:
    assert len(trace.segments) == 2
    first, second = trace.segments
    assert (first[0].x_frac, first[0].y_frac) == pytest.approx((0.2, 0.5), abs=0.005)
    assert (first[-1].x_frac, first[-1].y_frac) == pytest.approx((0.55, 0.5), abs=0.005)
    assert (second[-1].x_frac, second[-1].y_frac) == pytest.approx((0.1, 0.9), abs=0.005)
    [click] = trace.points
    assert (click.x_frac, click.y_frac) == pytest.approx((0.55, 0.5), abs=0.005)
    assert max(point.t_ms for point in second) < lasted_ms


def test_record_pause_point_tick_and_submit(
    studio: Studio, project: Project, open_as: Open
) -> None:
    page = open_as()
    page.stream(project)
    page.expect_cannot_submit()
    page.get_ready()
    page.page.screenshot(path=ARTIFACTS / "ready.png")
    began = time.monotonic()
    record_with_a_pause(page)
    lasted_ms = 1000 * (time.monotonic() - began)
    page.page.screenshot(path=ARTIFACTS / "kept.png")
    reference = page.reference()
    assert reference is not None
    assert page.takes() == []
    page.expect_can_submit()
    page.submit.click()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()

    [annotation] = studio.annotations(project.tasks[0])
    [result] = annotation["result"]
    assert result["from_name"] == "recording"
    assert len(result["value"]["text"]) == 1
    audio, trace = fetch(studio, reference)
    # The pause is neither in the audio nor on the clock: both have the same duration.
    assert decoded_ms(audio) == pytest.approx(reference["client_ms"], abs=600)
    assert 4000 <= reference["client_ms"] <= lasted_ms - PAUSED_MS
    assert [prompt["question"] for prompt in reference["prompts"]] == ["objects", "glance"]
    check_trace(trace, reference["client_ms"])


def zoom_in(page: RecordingPage) -> None:
    """Click until the zoom persists: Label Studio refits the image after a change of its frame."""
    scale = "() => Htx.annotationStore.selected.names.get('image').zoomScale"
    for _ in range(20):
        page.page.get_by_role("button", name="zoom-in").first.click()
        page.page.wait_for_timeout(1000)
        if page.page.evaluate(scale) > 1:
            return
    pytest.fail("the image can't be zoomed")


def test_positions_are_right_with_a_zoomed_image_in_a_smaller_window(
    studio: Studio, open_as: Open
) -> None:
    config = record_config(image='zoomControl="true"')
    page = open_as()
    page.stream(studio.record_project(config, IMAGES[:1], "zoomed"))
    page.get_ready()
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.page.wait_for_function(WHOLE_IMAGE)
    zoom_in(page)
    page.record(0)
    frame = page.page.locator(".lsf-image").bounding_box()
    assert frame is not None
    x, y = frame["x"] + 0.3 * frame["width"], frame["y"] + 0.3 * frame["height"]
    page.page.mouse.move(x - 5, y)
    page.page.mouse.move(x, y)
    # Label Studio's own zoom values, independent of the element that the recorder measures.
    shown = page.page.evaluate(
        """() => {
             const image = Htx.annotationStore.selected.names.get("image");
             const { zoomScale, zoomingPositionX, zoomingPositionY } = image;
             return { zoomScale, zoomingPositionX, zoomingPositionY };
           }"""
    )
    assert shown["zoomScale"] > 1
    page.wait_for_clock(2)
    page.stop()
    page.expect_state("kept")
    _, trace = fetch(studio, page.reference() or {})
    point = trace.segments[-1][-1]
    width, height = shown["zoomScale"] * frame["width"], shown["zoomScale"] * frame["height"]
    expected_x = (x - frame["x"] - shown["zoomingPositionX"]) / width
    expected_y = (y - frame["y"] - shown["zoomingPositionY"]) / height
    assert (point.x_frac, point.y_frac) == pytest.approx((expected_x, expected_y), abs=0.01)


def test_a_draft_is_restored_and_the_next_image_has_no_recording(
    studio: Studio, project: Project, open_as: Open
) -> None:
    page = open_as()
    page.stream(project)
    page.get_ready()
    page.record(2)
    page.panel.locator("[data-question=style]").click()
    page.stop()
    page.expect_state("kept")
    reference = page.reference()
    page.stream(project)
    page.expect_state("kept")
    assert page.reference() == reference
    expect(page.panel.locator("[data-question=style]")).to_have_attribute("aria-pressed", "true")
    page.button("listen").click()
    page.page.wait_for_function(
        "() => document.querySelector('.annotate-time').textContent > '0:00'"
    )
    page.submit.click()
    page.expect_state("ready")
    assert page.reference() is None
    expect(page.panel.locator(".annotate-time")).to_have_text("0:00")
    expect(page.panel.locator("[aria-pressed=true]")).to_have_count(0)
    page.expect_cannot_submit()
    page.button("previous").click()
    page.expect_state("kept")
    assert page.reference() == reference


def test_recording_again_replaces_the_first_and_can_be_cancelled(
    studio: Studio, project: Project, open_as: Open
) -> None:
    page = open_as()
    page.stream(project)
    page.get_ready()
    page.record(2)
    page.stop()
    page.expect_state("kept")
    first = page.reference()
    page.button("redo").click()
    page.expect_state("ready")
    assert page.reference() is None
    page.expect_cannot_submit()
    page.button("keep_earlier").click()
    page.expect_state("kept")
    assert page.reference() == first
    page.button("redo").click()
    page.record(2)
    page.stop()
    page.expect_state("kept")
    second = page.reference()
    assert first is not None
    assert second is not None
    assert second["recording"] != first["recording"]


def test_stopping_a_short_recording_shows_one_warning(
    project: Project, studio: Studio, open_as: Open
) -> None:
    longer = studio.record_project(record_config(minimum_seconds=60), IMAGES[:1], "longer")
    page = open_as()
    page.stream(longer)
    page.get_ready()
    page.record(1)
    page.stop()
    page.expect_state("paused")
    expect(page.panel.get_by_role("alert")).to_contain_text("at least 1:00 is asked for")
    page.stop()
    page.expect_state("kept")


def test_arabic_reads_from_right_to_left(studio: Studio, open_as: Open) -> None:
    arabic = studio.record_project(
        record_config(interface="ar", language="ar"), IMAGES[:2], "arabic"
    )
    page = open_as()
    page.stream(arabic)
    expect(page.panel).to_have_attribute("dir", "rtl")
    expect(page.panel.get_by_role("heading", name="صِف هذه الصورة بصوتك")).to_be_visible()
    page.page.screenshot(path=ARTIFACTS / "arabic-consent.png")
    page.get_ready()
    microphone, skip = page.button("microphone"), page.button("skip")
    assert microphone.bounding_box()["x"] > skip.bounding_box()["x"]  # type: ignore[index]
    page.record(2)
    page.panel.locator("[data-question=text]").click()
    page.page.screenshot(path=ARTIFACTS / "arabic-recording.png")
    page.stop()
    page.expect_state("kept")
    expect(page.panel.get_by_role("status").first).to_have_text("تم الحفظ. يمكنك الإرسال.")
    page.page.screenshot(path=ARTIFACTS / "arabic-kept.png")
    reference = page.reference()
    assert reference is not None
    assert reference["language"] == "ar"


def test_in_a_narrow_window_the_recorder_is_below_the_image(
    project: Project, open_as: Open
) -> None:
    page = open_as(viewport={"width": 760, "height": 1100})
    page.stream(project)
    page.get_ready()
    expect(page.button("record")).to_be_visible()
    image, panel = page.page.locator("img[alt=image]").bounding_box(), page.panel.bounding_box()
    assert image is not None
    assert panel is not None
    assert panel["y"] >= image["y"] + image["height"] - 1
    page.button("record").scroll_into_view_if_needed()
    page.page.screenshot(path=ARTIFACTS / "narrow.png")
    view = page.page.locator(".lsf-main-view").bounding_box()
    assert view is not None
    assert panel["x"] + panel["width"] <= view["x"] + view["width"]


def test_the_microphone_test_shows_the_level_and_plays_back(
    project: Project, open_as: Open
) -> None:
    page = open_as()
    page.stream(project)
    page.button("agree").click()
    expect(page.panel.get_by_text("The microphone picks you up.")).to_be_visible()
    expect(page.button("test-done")).to_be_enabled()
    expect(page.button("test-listen")).to_be_disabled()
    page.button("speak").click()
    expect(page.panel.get_by_text("Good level.")).to_be_visible()
    page.page.screenshot(path=ARTIFACTS / "microphone-test.png")
    page.button("test-listen").click()
    page.page.wait_for_function(
        "() => document.querySelector('.annotate-panel audio').currentTime > 0.5"
    )
    expect(page.panel.locator("select option").nth(1)).to_be_attached()
    page.button("test-done").click()
    page.expect_state("ready")
