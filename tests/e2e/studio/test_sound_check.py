"""The sound check with a silent microphone."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright_api
import pytest
from playwright.sync_api import expect

from tests import needs
from tests.e2e.studio.conftest import FAKE_MICROPHONE
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ANN, PASSWORD, Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def muted(driver: playwright_api.Playwright, tmp_path: Path) -> Iterator[playwright_api.Browser]:
    """A Chromium whose microphone delivers only zeros."""
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(bytes(2 * 48000 * 5))
    audio_file = f"--use-file-for-fake-audio-capture={silence}"
    running = driver.chromium.launch(
        executable_path=needs.chromium(), args=[*needs.QUIET, *FAKE_MICROPHONE, audio_file]
    )
    yield running
    running.close()


def test_the_sound_check_cannot_be_passed_with_a_silent_microphone(
    studio: Studio, project: Project, muted: playwright_api.Browser
) -> None:
    page = RecordingPage.log_in(muted, studio.url, ANN, PASSWORD)
    page.stream(project)
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
