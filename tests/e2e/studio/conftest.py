"""One real Label Studio and one Chromium with a talking microphone for all tests of this folder.

They end with the folder: other tests start a driver of their own, and a process has room for one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import av
import httpx
import playwright.sync_api as playwright_api
import pytest

from annotate.label_studio.client import Studio as Client
from tests import needs
from tests.e2e.studio import server
from tests.e2e.studio.captions import Waiting
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.recording_page import TIMEOUT, RecordingPage
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.scene import Scene, make
from tests.e2e.studio.server import DEMO, IMAGES

TALKING = (
    "--autoplay-policy=no-user-gesture-required",
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
PICTURES = os.environ.get("ANNOTATE_PICTURES")
ARTIFACTS = Path(PICTURES or Path(__file__).parents[2] / "artifacts" / "studio")
LAPTOP = {"width": 1366, "height": 768}
Session = Callable[..., RecordingPage]


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Studio]:
    """The running server, with an admin, two annotators and a reviewer."""
    needs.label_studio()
    running = server.start(tmp_path_factory.mktemp("studio"))
    yield running
    running.stop()


@pytest.fixture(scope="package")
def sue(studio: server.Studio) -> str:
    """A second reviewer's address."""
    return server.add_account(studio, "sue@example.com", [server.REVIEWERS])


@pytest.fixture(scope="package")
def waiting(studio: server.Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    """Five captions of real pictures that nobody has decided on."""
    with Client(studio.url, server.TOKEN) as at:
        yield Waiting.pushed(studio, at, tmp_path_factory.mktemp("captions"))


@pytest.fixture
def to_review(studio: server.Studio, waiting: Waiting, request: pytest.FixtureRequest) -> int:
    """A review project with these captions, for this test only."""
    return waiting.project(studio, request.node.name[:48])


@pytest.fixture
def review(studio: server.Studio, open_as: Session) -> Callable[..., ReviewPage]:
    """A reviewer's page, on a laptop unless told."""

    def made(email: str = server.REV, **options: object) -> ReviewPage:
        page = open_as(email, **{"viewport": LAPTOP, **options})
        return ReviewPage(page.page, studio.url)

    return made


@pytest.fixture
def log_in(studio: server.Studio) -> Iterator[Callable[[str], httpx.Client]]:
    """Clients without a browser that have logged in by form; closed after the test."""
    with ExitStack() as opened:
        yield lambda email: opened.enter_context(closing(studio.session(email)))


@pytest.fixture
def project(studio: server.Studio, request: pytest.FixtureRequest) -> server.Project:
    """A recording project of three images, for this test only."""
    return studio.record_project(record_config(), IMAGES, request.node.name[:48])


@pytest.fixture
def alone(studio: server.Studio, project: server.Project) -> Iterator[server.Project]:
    """The same, and no other recording project: those of other tests are set aside meanwhile."""
    with studio.set_aside_all_but(project):
        yield project


@pytest.fixture(scope="package")
def scene(studio: server.Studio) -> Scene:
    """The work of several people, for those who mean harm."""
    return make(studio)


@pytest.fixture(params=["session", "token"])
def ann(request: pytest.FixtureRequest, studio: server.Studio) -> Iterator[httpx.Client]:
    """An annotator, in both of the ways in which she can come."""
    by_session = request.param == "session"
    made = studio.session(server.ANN) if by_session else studio.bearer(server.ANN)
    with closing(made) as client:
        yield client


@pytest.fixture
def by(ann: httpx.Client) -> str:
    """Which of the two it is."""
    return "a token" if "Authorization" in ann.headers else "a session"


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice as Chromium's fake microphone wants it: 16-bit WAV, spoken again and again."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    with (
        av.open(str(DEMO / "recordings" / "cat-01.webm")) as heard,
        av.open(str(path), "w", format="wav") as out,
    ):
        stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        for frame in heard.decode(audio=0):
            for resampled in resampler.resample(frame):
                out.mux(stream.encode(resampled))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="package")
def driver() -> Iterator[playwright_api.Playwright]:
    """Playwright, as patient with what it expects as with what it does: machines are busy."""
    playwright_api.expect.set_options(timeout=TIMEOUT)
    with playwright_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(driver: playwright_api.Playwright, speech: Path) -> Iterator[playwright_api.Browser]:
    """A Chromium whose microphone speaks."""
    sound = f"--use-file-for-fake-audio-capture={speech}"
    running = driver.chromium.launch(
        executable_path=needs.chromium(), args=[*needs.QUIET, *TALKING, sound]
    )
    yield running
    running.close()


@pytest.fixture
def open_as(studio: server.Studio, browser: playwright_api.Browser) -> Iterator[Session]:
    """Log in as somebody in a browser of their own; errors of our scripts fail the test."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    opened: list[RecordingPage] = []

    def open_it(email: str = server.ANN, **options: object) -> RecordingPage:
        page = RecordingPage.log_in(browser, studio.url, email, server.PASSWORD, **options)
        opened.append(page)
        return page

    yield open_it
    for page in opened:
        page.context.close()
    assert [error for page in opened for error in page.errors] == []
