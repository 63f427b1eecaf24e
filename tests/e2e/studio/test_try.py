"""`annotate try` as a newcomer meets it: one command, a browser, one's own words on a page."""

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

PATIENCE = 300.0
SPOKEN_SECONDS = 12
SIZES = {"1366": (1366, 768), "390": (390, 844)}


@dataclass
class Running:
    """The command, and the addresses that it printed."""

    process: subprocess.Popen[str]
    sign_in: str
    page: str
    studio: str

    def end(self, how: int) -> tuple[int, str]:
        """End it by a signal; its exit code and what it wrote on standard error."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


def command(data: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "annotate", "try", "--data", str(data), "--json", *more]


@contextmanager
def trying(data: Path, *more: str) -> Iterator[Running]:
    process = subprocess.Popen(
        command(data, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        told = json.loads(line)
        yield Running(process, told["sign_in"], told["page"], told["studio"])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be noticed doesn't."""
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
    made = browser.new_context(viewport={"width": 1366, "height": 768})
    made.set_default_timeout(TIMEOUT_MS)
    yield made
    made.close()


def sign_in(context: BrowserContext, running: Running) -> RecordingPage:
    """Open the printed address: it leads to an image, without a form."""
    page = RecordingPage(context, context.new_page(), running.studio)
    page.page.goto(running.sign_in)
    page.settle()
    return page


def describe(page: RecordingPage) -> float:
    """Talk about the image while the pointer goes over it, and submit; when that was."""
    page.get_ready_if_needed()
    page.record(0)
    begun = time.monotonic()
    for move in count():
        spoken = (time.monotonic() - begun) / SPOKEN_SECONDS
        if spoken >= 1:
            break
        # A hand rests at each place for a while, and is never quite still.
        page.point(0.2 + 0.2 * int(4 * spoken) + 0.002 * (move % 2), 0.4)
        page.page.wait_for_timeout(100)
    page.wait_for_clock(SPOKEN_SECONDS)
    page.stop()
    page.expect_state("kept")
    page.submit.click()
    began = time.monotonic()
    expect(page.page.get_by_text("Annotation saved successfully").first).to_be_visible()
    return began


def note(measured: str) -> None:
    """Keep what was measured. How busy the machine is decides it, so no test depends on it."""
    print(measured)
    with (ARTIFACTS / "seconds.txt").open("a", encoding="utf-8") as kept:
        kept.write(f"{measured} (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)\n")


def take_pictures(page: Page) -> None:
    """The page as it is seen at two widths, light and dark."""
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=ARTIFACTS / f"try-{name}-{scheme}.png")
        room = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert room <= 0, f"at {width} px the page is {room} px too wide"
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")


def look_at_words(page: Page) -> None:
    """There are words, some pointed at, and what isn't sure is marked; a word can be played."""
    expect(page.locator("#caption .word").first).to_be_visible()
    assert page.locator("#caption .word").count() > 10
    assert page.locator("#caption .word.pointed").count() > 5
    doubtful = page.locator("#caption .word.doubtful").count()
    assert (doubtful > 0) == page.locator("#legend-doubtful").is_visible()
    expect(page.get_by_text("Synthetic voices only")).to_be_visible()
    page.locator("#caption .word.pointed").nth(3).hover()
    expect(page.locator("#point")).to_be_visible()


def refuse_strangers(browser: Browser, running: Running) -> None:
    """Who has the page's address alone, or the used one, is let in nowhere."""
    context = browser.new_context()
    page = context.new_page()
    for address in (running.sign_in, running.page, f"{running.page}/state"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 403
    assert context.cookies() == []
    context.close()


def reject_second(data: Path, running: Running) -> None:
    done = subprocess.run(command(data), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert running.page in json.loads(done.stdout)["error"]


def secrets_in_files(data: Path, running: Running) -> list[str]:
    """The files under `data` that hold the one-time address's secret."""
    secret = running.sign_in.rpartition("/")[2].encode()
    return [str(one) for one in data.rglob("*") if one.is_file() and secret in one.read_bytes()]


def test_one_command_from_speech_to_words_on_a_page(
    browser: Browser, context: BrowserContext, tmp_path: Path
) -> None:
    needs.label_studio()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    data = tmp_path / "تجربة # a try"
    with trying(data, "--model", "demo") as running:
        first = sign_in(context, running)
        shown_first = first.page.locator("img[alt=image]").get_attribute("src")
        watching = context.new_page()
        watching.goto(running.page)
        expect(watching.get_by_text("Your words will be here")).to_be_visible()
        watching.screenshot(path=ARTIFACTS / "try-empty.png")
        began = describe(first)
        expect(watching.locator("#caption .word").first).to_be_visible(timeout=PATIENCE * 1000)
        seconds = time.monotonic() - began
        note(f"from Submit to the page: {seconds:.1f} s")
        look_at_words(watching)
        take_pictures(watching)
        refuse_strangers(browser, running)
        reject_second(data, running)
        assert secrets_in_files(data, running) == []
        server = launch.find(data / "studio")
        assert server is not None
        code, errors = running.end(signal.SIGINT)
    assert code == 130, errors
    assert "Traceback" not in errors
    assert launch.find(data / "studio") is None
    assert not is_running(server.pid)
    assert not listens(running.page)
    assert not listens(running.studio)
    assert first.errors == []
    lake = Lake(data)
    assert lake.read(Captions).filter(text="").is_empty()
    go_on(context, data, shown_first)
    find_what_was_left(context, data)
    end_with_label_studio(data)


def go_on(context: BrowserContext, data: Path, shown_first: str | None) -> None:
    """A second start, without a model: the same account and recordings, and the next image."""
    with trying(data) as running:
        page = sign_in(context, running)
        assert page.page.locator("img[alt=image]").get_attribute("src") != shown_first
        words = context.new_page()
        words.goto(running.page)
        expect(words.locator("#caption .word").first).to_be_visible()
        running.end(signal.SIGKILL)
    assert launch.find(data / "studio") is not None


def find_what_was_left(context: BrowserContext, data: Path) -> None:
    """A start after that takes over the server that was left, and ends it in the end."""
    before = launch.find(data / "studio")
    with trying(data) as running:
        assert launch.find(data / "studio") == before
        sign_in(context, running)
        code, errors = running.end(signal.SIGTERM)
    assert code == 0, errors
    assert launch.find(data / "studio") is None
    assert Lake(data).read(Recordings).height == 1


def end_with_label_studio(data: Path) -> None:
    """When Label Studio ends, all ends, with a reason."""
    with trying(data) as running:
        server = launch.find(data / "studio")
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        out, _ = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 2
        assert "Label Studio has ended" in json.loads(out)["error"]
        assert not listens(running.page)
