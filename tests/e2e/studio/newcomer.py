"""Somebody who got the invite link and nothing else, in a browser that counts their presses."""

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
"""Counts what a person does, in the page and before the page hears of it: keys of typing apart."""


@dataclass(frozen=True)
class Presses:
    """Clicks or taps, and keys, but for the typing of words into fields."""

    clicks: int
    keys: int


def arrive(studio: Studio, browser: Browser, **options: Any) -> RecordingPage:
    """Open the invite link in a fresh browser."""
    context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(f"({COUNTER})()")
    page = RecordingPage(context, context.new_page(), studio.url)
    with studio.api() as api:
        page.page.goto(studio.url + api.get("/api/invite").json()["invite_url"])
    return page


def sign_up(page: RecordingPage, email: str) -> None:
    """Fill in the form with mouse and keyboard, and come to the first image."""
    expect(page.page.locator("#email")).to_be_focused()
    page.page.keyboard.type(email)
    page.page.locator("#password").click()
    page.page.keyboard.type(PASSWORD)
    page.page.locator("button[type=submit]").click()
    assert page.settle() == "card"


def sign_in(page: RecordingPage, email: str) -> None:
    """Fill in the form for those who have an account."""
    expect(page.page.locator("#email")).to_be_focused()
    page.page.keyboard.type(email)
    page.page.locator("#password").click()
    page.page.keyboard.type(PASSWORD)
    page.page.locator("button[type=submit]").click()


def presses(page: Page) -> Presses:
    """What was pressed since the last time."""
    found = page.evaluate(
        """() => {
             const counts = JSON.parse(localStorage.getItem("presses") ?? "{}");
             localStorage.removeItem("presses");
             return counts;
           }"""
    )
    return Presses(found.get("clicks", 0), found.get("keys", 0))
