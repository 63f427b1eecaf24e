"""A new annotator with an invite link, in a browser that counts clicks and keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.e2e.studio.recording_page import TIMEOUT_MS, RecordingPage
from tests.e2e.studio.server import PASSWORD, Studio

COUNTER = """() => {
  const add = (what) => {
    const counts = JSON.parse(localStorage.getItem("presses") ?? "{}");
    counts[what] = (counts[what] ?? 0) + 1;
    localStorage.setItem("presses", JSON.stringify(counts));
  };
  addEventListener("pointerdown", (event) => event.isTrusted && add("clicks"), true);
  addEventListener("keydown", (event) => {
    if (!event.isTrusted || ["Alt", "Control", "Shift"].includes(event.key)) return;
    const typed = event.target.matches?.("input") && event.key.length === 1;
    add(typed ? "typed" : "keys");
  }, true);
}"""
"""Counts clicks, keys and, separately, letters typed into inputs, before the page's listeners."""


@dataclass(frozen=True)
class Presses:
    """Numbers of clicks (or taps) and of keys, without letters typed into fields."""

    clicks: int
    keys: int


def open_invite_link(studio: Studio, browser: Browser, **options: Any) -> RecordingPage:
    """Open the invite link in a new browser context."""
    context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(f"({COUNTER})()")
    page = RecordingPage(context, context.new_page(), studio.url)
    with studio.api() as api:
        page.page.goto(studio.url + api.get("/api/invite").json()["invite_url"])
    return page


def sign_up(page: RecordingPage, email: str) -> None:
    """Fill in the sign-up form with mouse and keyboard, and wait for the first image."""
    expect(page.page.locator("#email")).to_be_focused()
    page.page.keyboard.type(email)
    page.page.locator("#password").click()
    page.page.keyboard.type(PASSWORD)
    page.page.locator("button[type=submit]").click()
    assert page.settle() == "card"


def sign_in(page: RecordingPage, email: str) -> None:
    """Fill in the login form with mouse and keyboard."""
    expect(page.page.locator("#email")).to_be_focused()
    page.page.keyboard.type(email)
    page.page.locator("#password").click()
    page.page.keyboard.type(PASSWORD)
    page.page.locator("button[type=submit]").click()


def presses(page: Page) -> Presses:
    """Clicks and keys since the last call."""
    found = page.evaluate(
        """() => {
             const counts = JSON.parse(localStorage.getItem("presses") ?? "{}");
             localStorage.removeItem("presses");
             return counts;
           }"""
    )
    return Presses(found.get("clicks", 0), found.get("keys", 0))
