"""One real Label Studio and one Chromium with a fake microphone for all tests of this package.

They are closed after the package: other tests start their own Playwright, of which a process can
run only one at a time.
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
from tests.e2e.studio.captions import PushedCaptions
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.recording_page import TIMEOUT_MS, RecordingPage
from tests.e2e.studio.review_page import ReviewPage
from tests.e2e.studio.scene import Scene, create_scene
from tests.e2e.studio.server import DEMO, IMAGES

FAKE_MICROPHONE = (
    "--autoplay-policy=no-user-gesture-required",
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
PICTURES = os.environ.get("ANNOTATE_PICTURES")
ARTIFACTS = Path(PICTURES or Path(__file__).parents[2] / "artifacts" / "studio")
LAPTOP = {"width": 1366, "height": 768}
OpenAs = Callable[..., RecordingPage]


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Studio]:
    """The running server, with an admin, two annotators and a reviewer."""
    needs.label_studio()
    running = server.start(tmp_path_factory.mktemp("studio"))
    yield running
    running.stop()


@pytest.fixture(scope="package")
def sue(studio: server.Studio) -> str:
    """A second reviewer's e-mail address."""
    return server.add_account(studio, "sue@example.com", [server.REVIEWERS])


@pytest.fixture(scope="package")
def pushed(
    studio: server.Studio, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PushedCaptions]:
    """Five captions of real images, without decisions."""
    with Client(studio.url, server.TOKEN) as label_studio:
        yield PushedCaptions.create(studio, label_studio, tmp_path_factory.mktemp("captions"))


@pytest.fixture
def review_project(
    studio: server.Studio, pushed: PushedCaptions, request: pytest.FixtureRequest
) -> int:
    """A review project with these captions, for this test only."""
    return pushed.project(studio, request.node.name[:48])


@pytest.fixture
def open_review(studio: server.Studio, open_as: OpenAs) -> Callable[..., ReviewPage]:
    """Opens Label Studio as a reviewer, by default in a laptop's viewport."""

    def open_page(email: str = server.REV, **options: object) -> ReviewPage:
        page = open_as(email, **{"viewport": LAPTOP, **options})
        return ReviewPage(page.page, studio.url)

    return open_page


@pytest.fixture
def log_in(studio: server.Studio) -> Iterator[Callable[[str], httpx.Client]]:
    """Returns HTTP clients that have logged in by form; they are closed after the test."""
    with ExitStack() as opened:
        yield lambda email: opened.enter_context(closing(studio.session(email)))


@pytest.fixture
def project(studio: server.Studio, request: pytest.FixtureRequest) -> server.Project:
    """A recording project of three images, for this test only."""
    return studio.record_project(record_config(), IMAGES, request.node.name[:48])


@pytest.fixture
def only_project(studio: server.Studio, project: server.Project) -> Iterator[server.Project]:
    """The same, while the recording projects of other tests are hidden."""
    with studio.hide_other_projects(project):
        yield project


@pytest.fixture(scope="package")
def scene(studio: server.Studio) -> Scene:
    """The work of several accounts, as the target of attacks."""
    return create_scene(studio)


@pytest.fixture(params=["session", "token"])
def ann(request: pytest.FixtureRequest, studio: server.Studio) -> Iterator[httpx.Client]:
    """An annotator's client: once with a session, once with an API token."""
    by_session = request.param == "session"
    authenticate = studio.session if by_session else studio.bearer
    with closing(authenticate(server.ANN)) as client:
        yield client


@pytest.fixture
def by(ann: httpx.Client) -> str:
    """How `ann` is authenticated: "a token" or "a session"."""
    return "a token" if "Authorization" in ann.headers else "a session"


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech for Chromium's fake microphone, which repeats it: a 16-bit WAV file."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    with (
        av.open(str(DEMO / "recordings" / "cat-01.webm")) as source,
        av.open(str(path), "w", format="wav") as out,
    ):
        stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        for frame in source.decode(audio=0):
            for resampled in resampler.resample(frame):
                out.mux(stream.encode(resampled))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="package")
def driver() -> Iterator[playwright_api.Playwright]:
    """Playwright, with the same long timeout for `expect` as for actions: machines are busy."""
    playwright_api.expect.set_options(timeout=TIMEOUT_MS)
    with playwright_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(driver: playwright_api.Playwright, speech: Path) -> Iterator[playwright_api.Browser]:
    """A Chromium whose microphone plays `speech`."""
    audio_file = f"--use-file-for-fake-audio-capture={speech}"
    running = driver.chromium.launch(
        executable_path=needs.chromium(), args=[*needs.QUIET, *FAKE_MICROPHONE, audio_file]
    )
    yield running
    running.close()


@pytest.fixture
def open_as(studio: server.Studio, browser: playwright_api.Browser) -> Iterator[OpenAs]:
    """Logs an account in, in a browser context of its own; errors in our scripts fail the test."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    opened: list[RecordingPage] = []

    def open_page(email: str = server.ANN, **options: object) -> RecordingPage:
        page = RecordingPage.log_in(browser, studio.url, email, server.PASSWORD, **options)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.context.close()
    assert [error for page in opened for error in page.errors] == []
