"""Recording in Debian's Firefox, whose MediaRecorder writes other files than Chromium's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.e2e.studio import server
from tests.e2e.studio.bidi import Firefox
from tests.e2e.studio.server import Project, Studio
from tests.e2e.studio.test_recorder import decoded_ms, fetch

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

STATE = """states => {
  const panel = document.querySelector(".annotate-panel");
  return panel?.getAttribute("aria-busy") === "false" && states.includes(panel.dataset.state);
}"""
CLOCK = """seconds => {
  const shown = document.querySelector(".annotate-time").textContent;
  return shown.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) >= seconds;
}"""
REFERENCE = """() => JSON.parse(
  Htx.annotationStore.selected.names.get("recording").selectedValues()?.flat()[0] ?? "null")"""
IMAGE = """() => {
  const image = document.querySelector("img[alt=image]");
  const box = image?.getBoundingClientRect();
  return image?.naturalWidth ? [box.x, box.y, box.width, box.height] : null;
}"""


@pytest.fixture
def firefox(studio: Studio, tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox in which an annotator is logged in; errors in our scripts fail the test."""
    running = Firefox(needs.firefox(), tmp_path)
    try:
        running.goto(f"{studio.url}/user/login/")
        running.write("input[name=email]", server.ANN)
        running.write("input[name=password]", server.PASSWORD)
        running.click("button[type=submit]")
        running.wait_for("() => !location.pathname.includes('login') && document.body")
        yield running
    finally:
        running.close()
    assert running.errors == []


def press(firefox: Firefox, action: str, *states: str) -> None:
    """Click a button of the panel, and wait for one of these states."""
    firefox.click(f".annotate-panel [data-action={action}]")
    firefox.wait_for(STATE, states)


def get_ready(firefox: Firefox, studio: Studio, project: Project) -> None:
    """Open the next image, give consent, and test the microphone."""
    firefox.goto(f"{studio.url}/projects/{project.id}/data?labeling=1")
    firefox.wait_for(STATE, ["card", "ready"])
    firefox.click(".annotate-panel [data-action=agree]")
    # Without an audio output, as on a server, this Firefox measures no level: play it back instead.
    firefox.click(".annotate-panel [data-action=speak]")
    firefox.click(".annotate-panel [data-action=test-listen]")
    press(firefox, "test-done", "ready")
    firefox.wait_for(IMAGE)


def point(firefox: Firefox, x_frac: float, y_frac: float) -> None:
    """Move the pointer to a position on the image, in fractions of its size."""
    x, y, width, height = firefox.evaluate(IMAGE)
    firefox.move(x + x_frac * width, y + y_frac * height)


def submit(firefox: Firefox, studio: Studio, task: int) -> dict[str, Any]:
    """Submit the recording, and return the reference that Label Studio stores."""
    reference: dict[str, Any] = firefox.wait_for(REFERENCE)
    firefox.click(".annotate-panel [data-action=submit]")
    until = time.monotonic() + 60
    while not (stored := studio.annotations(task)) and time.monotonic() < until:
        time.sleep(0.2)
    [annotation] = stored
    assert json.loads(annotation["result"][0]["value"]["text"][0]) == reference
    return reference


def test_firefox_records_pauses_and_submits(
    studio: Studio, project: Project, firefox: Firefox
) -> None:
    get_ready(firefox, studio, project)
    press(firefox, "record", "recording")
    for step in range(8):
        point(firefox, 0.2 + 0.05 * step, 0.5)
    firefox.wait_for(CLOCK, 2)
    firefox.press("ALT", "p")
    firefox.wait_for(STATE, ["paused"])
    firefox.press("ALT", "p")
    firefox.wait_for(STATE, ["recording"])
    firefox.wait_for(CLOCK, 4)
    press(firefox, "stop", "kept")
    reference = submit(firefox, studio, project.tasks[0])
    audio, trace = fetch(studio, reference)
    assert reference["client_ms"] >= 4000
    assert decoded_ms(audio) == pytest.approx(reference["client_ms"], abs=600)
    points = [(one.x_frac, one.y_frac) for segment in trace.segments for one in segment]
    assert points[0] == pytest.approx((0.2, 0.5), abs=0.01)
    assert points[-1] == pytest.approx((0.55, 0.5), abs=0.01)


def test_a_reload_in_firefox_loses_nothing(
    studio: Studio, project: Project, firefox: Firefox
) -> None:
    get_ready(firefox, studio, project)
    press(firefox, "record", "recording")
    firefox.wait_for(CLOCK, 4)
    firefox.reload()
    firefox.wait_for(STATE, ["found"])
    press(firefox, "keep", "kept")
    reference = submit(firefox, studio, project.tasks[0])
    audio, _ = fetch(studio, reference)
    assert decoded_ms(audio) >= 2500
