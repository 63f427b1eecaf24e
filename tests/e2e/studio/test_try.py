"""`annotate try` from start to end: one command, a browser, and the recorded words on a page."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from annotate.model.tables import Captions, Recordings
from annotate.store.lake import Lake
from annotate.studio_server import launch
from tests import needs
from tests.e2e.studio.conftest import ARTIFACTS
from tests.e2e.studio.recording_page import TIMEOUT_MS, RecordingPage

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TIMEOUT_S = 300.0
SPOKEN_SECONDS = 12
SIZES = {"1366": (1366, 768), "390": (390, 844)}


@dataclass
class RunningTry:
    """The running command, and the URLs that it printed."""

    process: subprocess.Popen[str]
    sign_in: str
    page: str
    studio: str

    def stop(self, signal_number: int) -> tuple[int, str]:
        """Send a signal; the exit code and standard error."""
        self.process.send_signal(signal_number)
        _, errors = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, errors


def command(data: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "annotate", "try", "--data", str(data), "--json", *more]


@contextmanager
def running_try(data: Path, *more: str) -> Iterator[RunningTry]:
    process = subprocess.Popen(
        command(data, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        urls = json.loads(line)
        yield RunningTry(process, urls["sign_in"], urls["page"], urls["studio"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT_S)


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie doesn't."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def listens(address: str) -> bool:
    port = urlsplit(address).port
    assert port is not None
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    new_context = browser.new_context(viewport={"width": 1366, "height": 768})
    new_context.set_default_timeout(TIMEOUT_MS)
    yield new_context
    new_context.close()


def sign_in(context: BrowserContext, running: RunningTry) -> RecordingPage:
    """Open the printed URL, which leads to an image without a login form."""
    page = RecordingPage(context, context.new_page(), running.studio)
    page.page.goto(running.sign_in)
    page.settle()
    return page


def describe(page: RecordingPage, seconds: float = SPOKEN_SECONDS) -> float:
    """Record while the pointer moves over the image, and submit; the time of Submit.

    The fake microphone repeats one file from its start. Two recordings of one length can have the
    same samples, and one of them is rejected as a copy, so give them different lengths.
    """
    page.get_ready_if_needed()
    page.record(0)
    started = time.monotonic()
    for move in count():
        progress = (time.monotonic() - started) / seconds
        if progress >= 1:
            break
        # The pointer rests at each of four points, with the small movements of a hand.
        page.point(0.2 + 0.2 * int(4 * progress) + 0.002 * (move % 2), 0.4)
        page.page.wait_for_timeout(100)
    page.wait_for_clock(seconds)
    page.stop()
    page.expect_state("kept")
    page.submit.click()
    submitted = time.monotonic()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()
    return submitted


def log_duration(measured: str) -> None:
    """Print and store a measured duration, which depends on the load: no test checks it."""
    print(measured)
    with (ARTIFACTS / "seconds.txt").open("a", encoding="utf-8") as log:
        log.write(f"{measured} (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)\n")


def take_screenshots(page: Page) -> None:
    """Screenshots of the page at two widths, light and dark."""
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=ARTIFACTS / f"try-{name}-{scheme}.png")
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"at {width} px the page is {overflow} px too wide"
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")


def check_words(page: Page) -> None:
    """The page shows words, pointed ones and a legend for doubtful ones; hovering shows a point."""
    expect(page.locator("#caption .word").first).to_be_visible()
    assert page.locator("#caption .word").count() > 10
    assert page.locator("#caption .word.pointed").count() > 5
    doubtful = page.locator("#caption .word.doubtful").count()
    assert (doubtful > 0) == page.locator("#legend-doubtful").is_visible()
    expect(page.get_by_text("Synthetic voices only")).to_be_visible()
    page.locator("#caption .word.pointed").nth(3).hover()
    expect(page.locator("#point")).to_be_visible()


def check_strangers_are_denied(browser: Browser, running: RunningTry) -> None:
    """Neither the used sign-in URL nor the page's URL without a cookie gives access."""
    context = browser.new_context()
    page = context.new_page()
    for address in (running.sign_in, running.page, f"{running.page}/state"):
        response = page.goto(address)
        assert response is not None
        assert response.status == 403
    assert context.cookies() == []
    context.close()


def check_second_instance_is_rejected(data: Path, running: RunningTry) -> None:
    """A second command on the same folder fails and prints the URL of the first."""
    second = subprocess.run(command(data), capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert running.page in json.loads(second.stdout)["error"]


def secrets_in_files(data: Path, running: RunningTry) -> list[str]:
    """Paths of the files under `data` that contain the secret of the one-time URL."""
    secret = running.sign_in.rpartition("/")[2].encode()
    return [str(one) for one in data.rglob("*") if one.is_file() and secret in one.read_bytes()]


def test_one_command_takes_a_recording_to_words_on_a_page(
    browser: Browser, context: BrowserContext, tmp_path: Path
) -> None:
    needs.label_studio()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    data = tmp_path / "تجربة # a try"
    with running_try(data, "--model", "demo") as running:
        first = sign_in(context, running)
        shown_first = first.page.locator("img[alt=image]").get_attribute("src")
        watching = context.new_page()
        watching.goto(running.page)
        expect(watching.get_by_text("Your words will be here")).to_be_visible()
        watching.screenshot(path=ARTIFACTS / "try-empty.png")
        submitted = describe(first)
        expect(watching.locator("#caption .word").first).to_be_visible(timeout=TIMEOUT_S * 1000)
        seconds = time.monotonic() - submitted
        log_duration(f"from Submit to the page: {seconds:.1f} s")
        check_words(watching)
        take_screenshots(watching)
        check_strangers_are_denied(browser, running)
        check_second_instance_is_rejected(data, running)
        assert secrets_in_files(data, running) == []
        server = launch.find(data / "studio")
        assert server is not None
        code, errors = running.stop(signal.SIGINT)
    assert code == 130, errors
    assert "Traceback" not in errors
    assert launch.find(data / "studio") is None
    assert not is_running(server.pid)
    assert not listens(running.page)
    assert not listens(running.studio)
    assert first.errors == []
    lake = Lake(data)
    assert lake.read(Captions).filter(text="").is_empty()
    check_second_run(context, data, shown_first)
    check_takeover_after_a_kill(context, data)
    check_end_of_label_studio(data)


def check_second_run(context: BrowserContext, data: Path, shown_first: str | None) -> None:
    """A second run, without a model: the same account and recordings, and the next image."""
    with running_try(data) as running:
        page = sign_in(context, running)
        assert page.page.locator("img[alt=image]").get_attribute("src") != shown_first
        words = context.new_page()
        words.goto(running.page)
        expect(words.locator("#caption .word").first).to_be_visible()
        running.stop(signal.SIGKILL)
    assert launch.find(data / "studio") is not None


def check_takeover_after_a_kill(context: BrowserContext, data: Path) -> None:
    """A run after a kill takes over the Label Studio that still runs, and stops it at its end."""
    before = launch.find(data / "studio")
    with running_try(data) as running:
        assert launch.find(data / "studio") == before
        sign_in(context, running)
        code, errors = running.stop(signal.SIGTERM)
    assert code == 0, errors
    assert launch.find(data / "studio") is None
    assert Lake(data).read(Recordings).height == 1


def check_end_of_label_studio(data: Path) -> None:
    """When Label Studio stops, the command stops and prints the reason."""
    with running_try(data) as running:
        server = launch.find(data / "studio")
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        out, _ = running.process.communicate(timeout=TIMEOUT_S)
        assert running.process.returncode == 2
        assert "Label Studio has ended" in json.loads(out)["error"]
        assert not listens(running.page)
