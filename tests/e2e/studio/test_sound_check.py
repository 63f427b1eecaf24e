"""The sound check, with a microphone that picks up nothing and with one that speaks."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright_api
import pytest
from playwright.sync_api import expect

from tests import needs
from tests.e2e.studio.conftest import TALKING
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ANN, PASSWORD, Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def muted(driver: playwright_api.Playwright, tmp_path: Path) -> Iterator[playwright_api.Browser]:
    """A Chromium whose microphone is there and gives nothing but zeros."""
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(bytes(2 * 48000 * 5))
    sound = f"--use-file-for-fake-audio-capture={silence}"
    running = driver.chromium.launch(
        executable_path=needs.chromium(), args=[*needs.QUIET, *TALKING, sound]
    )
    yield running
    running.close()


def test_it_cannot_be_passed_before_anything_was_picked_up(
    studio: Studio, project: Project, muted: playwright_api.Browser
) -> None:
    page = RecordingPage.log_in(muted, studio.url, ANN, PASSWORD)
    page.label(project)
    page.button("agree").click()
    expect(page.panel.get_by_text("Nothing picked up yet: say something.")).to_be_visible()
    expect(page.button("test-done")).to_be_disabled()
    page.button("speak").click()
    expect(page.panel.get_by_text("Nothing was heard. Choose another microphone.")).to_be_visible()
    expect(page.button("test-done")).to_be_disabled()
    page.page.reload()
    assert page.settle() == "card"
    expect(page.button("test-done")).to_be_disabled()
    page.context.close()
    assert page.errors == []
