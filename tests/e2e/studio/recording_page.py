"""Page object for the recorder in Label Studio: an annotator's actions."""

from __future__ import annotations

import json
import math
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.studio.server import Project

TIMEOUT_MS = 60_000


class RecordingPage:
    """A page of Label Studio with the recorder.

    Attributes:
        errors: Stack traces from the recorder's scripts; those from Label Studio's are ignored.
        sent: Method, path and status of each request other than GET.
    """

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.sent: list[tuple[str, str, int]] = []
        page.on("pageerror", self._note_error)
        page.on("dialog", lambda dialog: dialog.accept())
        page.on("response", self._note)

    def _note_error(self, error: Any) -> None:
        if "/annotate/static/" in (error.stack or ""):
            self.errors.append(error.stack)

    def _note(self, response: Any) -> None:
        if response.request.method != "GET":
            path = response.url.removeprefix(self.url).partition("?")[0]
            self.sent.append((response.request.method, path, response.status))

    @classmethod
    def log_in(
        cls, browser: Browser, url: str, email: str, password: str, **options: Any
    ) -> RecordingPage:
        """Open a new browser context and log `email` in."""
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        context.set_default_timeout(TIMEOUT_MS)
        opened = cls(context, context.new_page(), url)
        opened.fill_in_login(email, password)
        return opened

    def fill_in_login(self, email: str, password: str) -> None:
        """Fill in the login form, and wait until it has been accepted."""
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda address: "login" not in address)

    def another_tab(self) -> RecordingPage:
        """Open a second tab in the same browser context."""
        return RecordingPage(self.context, self.context.new_page(), self.url)

    @property
    def panel(self) -> Locator:
        return self.page.locator(".annotate-panel")

    def button(self, action: str) -> Locator:
        return self.panel.locator(f"[data-action={action}]")

    @property
    def submit(self) -> Locator:
        return self.button("submit")

    def expect_can_submit(self) -> None:
        """Our Submit button is visible, and Label Studio's, which it clicks, is enabled."""
        expect(self.submit).to_be_visible()
        expect(self.page.get_by_test_id("bottombar-submit-button")).to_be_enabled()

    def expect_cannot_submit(self) -> None:
        """Our Submit button is hidden, and Label Studio's is disabled."""
        expect(self.submit).to_be_hidden()
        expect(self.page.get_by_test_id("bottombar-submit-button")).to_be_disabled()

    def stream(self, project: Project) -> None:
        """Open the project's label stream: the next image that this annotator hasn't described."""
        self.page.goto(f"{self.url}/projects/{project.id}/data?labeling=1")
        self.settle()

    def open_task(self, project: Project, task: int) -> None:
        """Open the image of one task."""
        self.page.goto(f"{self.url}/projects/{project.id}/data?task={task}")
        self.settle()

    def settle(self) -> str:
        """Wait until the panel and the image have loaded, and return the panel's state."""
        expect(self.panel).to_have_attribute("aria-busy", "false")
        # Pointer positions are fractions of the image's size, which it has only after loading.
        shown = "() => document.querySelector('img[alt=image]')?.naturalWidth > 0"
        self.page.wait_for_function(shown)
        return self.panel.get_attribute("data-state") or ""

    def get_ready_if_needed(self) -> None:
        """Give consent and test the microphone, if this browser hasn't done so before."""
        if self.settle() == "card":
            self.get_ready()

    def get_ready(self) -> None:
        """Give consent and test the microphone, as before a first recording."""
        self.button("agree").click()
        self.button("test-done").click()
        self.expect_state("ready")

    def expect_state(self, *states: str) -> None:
        """Wait until the panel is in one of these states."""
        pattern = ",".join(f'[data-state="{state}"]' for state in states)
        panel = self.page.locator(".annotate-panel").and_(self.page.locator(pattern))
        expect(panel).to_be_visible()

    def record(self, seconds: float = 0) -> None:
        """Press Record, and wait until the clock shows that many seconds."""
        self.button("record").click()
        self.expect_state("recording")
        self.wait_for_clock(seconds)

    def wait_for_clock(self, seconds: float) -> None:
        """Wait until the recorder's clock shows at least that many seconds."""
        text = "() => document.querySelector('.annotate-time').textContent"
        shown = f"(({text})().split(':').reduce((m, s) => 60 * m + Number(s), 0))"
        self.page.wait_for_function(f"() => {shown} >= {math.ceil(seconds)}")

    def stop(self) -> None:
        self.button("stop").click()

    def point(self, x_frac: float, y_frac: float) -> None:
        """Move the pointer to a position on the image, in fractions of its shown size."""
        box = self.page.locator("img[alt=image]").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x_frac * box["width"], box["y"] + y_frac * box["height"])

    def reference(self) -> dict[str, Any] | None:
        """The recording's reference in Label Studio's control; None if it is empty."""
        text = self.page.evaluate(
            """() => Htx.annotationStore.selected.names.get("recording").selectedValues()?.flat()[0]
                     ?? null"""
        )
        found: dict[str, Any] | None = None if text is None else json.loads(text)
        return found

    def takes(self) -> list[dict[str, Any]]:
        """The unsent takes in this browser's IndexedDB."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => new Promise((resolve, reject) => {
                 const request = indexedDB.open("annotate-aloud");
                 request.onerror = () => reject(request.error);
                 request.onsuccess = () => {
                   const all = request.result.transaction("takes").objectStore("takes").getAll();
                   all.onsuccess = () => { request.result.close(); resolve(all.result); };
                 };
               })"""
        )
        return found
