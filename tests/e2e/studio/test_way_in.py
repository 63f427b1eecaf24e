"""From the invite link to the last image, as a new annotator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.studio import newcomer
from tests.e2e.studio.configs import record_config
from tests.e2e.studio.newcomer import Presses, presses
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import Project, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

OpenInvite = Callable[..., RecordingPage]
EFFORT = Path(__file__).parents[3] / "docs" / "effort.md"
OPERATOR_CONTROLS = (
    *("Create", "Settings", "Import", "Export", "Organization", "API", "Account & Settings"),
    *("Projects", "Home", "Regions", "Relations", "View region details", "Info", "History"),
)


@pytest.fixture
def open_invite(studio: Studio, browser: Browser) -> Iterator[OpenInvite]:
    """Opens the invite link in a new browser context; errors in our scripts fail the test."""
    opened: list[RecordingPage] = []

    def open_page(**options: object) -> RecordingPage:
        opened.append(newcomer.open_invite_link(studio, browser, **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.context.close()
    assert [error for page in opened for error in page.errors] == []


def expect_no_operator_controls(page: Page) -> None:
    """No operator control, gold flag, hash or task count is visible."""
    seen = page.locator("a:visible, button:visible, [role=button]:visible, [role=tab]:visible")
    for name in OPERATOR_CONTROLS:
        exactly = re.compile(f"^\\s*{re.escape(name)}\\s*$")
        expect(seen.filter(has_text=exactly)).to_have_count(0)
    text = page.locator("body").inner_text()
    assert "gold" not in text.lower()
    assert re.search(r"[0-9a-f]{16}", text) is None
    assert re.search(r"\b\d+ of \d+\b(?!:)", text) is None


def expect_progress(page: RecordingPage, text: str) -> None:
    """Wait until the progress bar shows this text."""
    expect(page.page.locator(".annotate-progress-text")).to_have_text(text)


def describe(page: RecordingPage) -> None:
    """Record, stop and submit."""
    page.record(2)
    page.stop()
    page.expect_state("kept")
    page.expect_can_submit()
    page.submit.click()


def documented_effort() -> dict[str, Presses]:
    """Clicks and keys by task, as documented in `docs/effort.md`."""
    section = EFFORT.read_text("utf-8").partition("## Recording")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \|", section, re.MULTILINE)
    return {what.strip(): Presses(int(clicks), int(keys)) for what, clicks, keys in rows}


def describe_by_keyboard(page: RecordingPage) -> None:
    page.page.keyboard.press("Alt+p")
    page.expect_state("recording")
    page.wait_for_clock(2)
    page.page.keyboard.press("Alt+s")
    page.expect_state("kept")
    page.page.keyboard.press("Control+Enter")


def test_from_the_invite_link_to_the_last_image_and_back_again(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    for text in ("newsletter", "latest news", "hear about", "Heidi"):
        expect(page.page.get_by_text(text)).to_have_count(0)
    counted = {}
    newcomer.sign_up(page, "first@example.com")
    expect_progress(page, "0 done, 3 left")
    expect_no_operator_controls(page.page)
    page.get_ready()
    describe(page)
    expect_progress(page, "1 done, 2 left")
    counted["first recording, from the invite link"] = presses(page.page)

    page.expect_state("ready")
    describe(page)
    expect_progress(page, "2 done, 1 left")
    counted["each further recording"] = presses(page.page)
    expect_no_operator_controls(page.page)

    page.page.locator("[data-action=sign-out]").click()
    page.page.wait_for_url(lambda address: "/user/login/" in address)
    presses(page.page)
    newcomer.sign_in(page, "first@example.com")
    assert page.settle() == "ready"
    counted["coming back: sign in, and the next image is there"] = presses(page.page)
    expect_progress(page, "2 done, 1 left")

    describe_by_keyboard(page)
    expect(page.page.get_by_role("heading", name="All done, thank you!")).to_be_visible()
    counted["each further recording, by the keyboard"] = presses(page.page)
    assert counted == documented_effort()
    for address in ("/", "/projects/", f"/projects/{only_project.id}/data?labeling=1"):
        page.page.goto(studio.url + address)
        expect(page.page.get_by_role("heading", name="All done, thank you!")).to_be_visible()
    expect(page.page.get_by_text("Images you have described: 3")).to_be_visible()
    assert [len(studio.annotations(task)) for task in only_project.tasks] == [1, 1, 1]


def test_the_language_is_stored_with_the_account(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    expect(page.page.locator("html")).to_have_attribute("dir", "ltr")
    page.page.locator("[data-action=language]").click()
    expect(page.page.locator("html")).to_have_attribute("dir", "rtl")
    newcomer.sign_up(page, "arabic@example.com")
    expect(page.panel).to_have_attribute("lang", "ar")
    expect(page.page.locator(".annotate-bar")).to_have_attribute("dir", "rtl")
    page.get_ready()
    expect(page.panel.locator("[data-question=text]")).to_contain_text("ما النص المكتوب")

    # A new browser gets the language from the account.
    other = open_invite()
    other.page.goto(f"{studio.url}/user/login/")
    newcomer.sign_in(other, "arabic@example.com")
    other.settle()
    expect(other.panel).to_have_attribute("lang", "ar")
    other.get_ready()
    other.button("language").click()
    expect(other.panel).to_have_attribute("lang", "en")
    expect(other.panel.locator("[data-question=text]")).to_contain_text("What text is in the image")
    page.page.reload()
    expect(page.panel).to_have_attribute("lang", "en")


def test_a_change_of_the_language_keeps_the_recording(
    only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    newcomer.sign_up(page, "changing@example.com")
    page.get_ready()
    page.record(2)
    expect(page.button("language")).to_be_hidden()
    page.stop()
    page.expect_state("kept")
    reference = page.reference()
    page.button("language").click()
    expect(page.panel).to_have_attribute("lang", "ar")
    page.expect_state("kept")
    assert page.reference() == reference
    page.expect_can_submit()


def test_an_image_is_skipped_only_by_a_second_press(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    newcomer.sign_up(page, "skipping@example.com")
    page.get_ready()
    page.button("skip").click()
    expect(page.button("skip")).to_have_text("Press again to skip it")
    expect_progress(page, "0 done, 3 left")
    page.button("skip").click()
    expect_progress(page, "0 done, 2 left")
    page.expect_state("ready")
    with studio.api() as api:
        skipped = [api.get(f"/api/tasks/{task}/").json() for task in only_project.tasks]
    assert sum(task["cancelled_annotations"] for task in skipped) == 1


def test_a_submitted_recording_can_be_replaced(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    newcomer.sign_up(page, "again@example.com")
    page.get_ready()
    describe(page)
    expect_progress(page, "1 done, 2 left")
    page.expect_state("ready")
    page.button("previous").click()
    page.expect_state("kept")
    expect(page.panel.get_by_role("status").first).to_contain_text("Submitted.")
    expect(page.submit).to_be_hidden()
    page.button("redo").click()
    page.record(2)
    page.stop()
    page.expect_state("kept")
    second = page.reference()
    assert second is not None
    with page.page.expect_response(lambda response: "/api/annotations/" in response.url) as changed:
        page.submit.click()
    assert changed.value.ok
    [annotation] = studio.annotations(only_project.tasks[0])
    assert second["recording"] in annotation["result"][0]["value"]["text"][0]


def test_while_images_are_left_the_last_page_does_not_show_all_done(
    studio: Studio, open_invite: OpenInvite, only_project: Project
) -> None:
    page = open_invite()
    newcomer.sign_up(page, "waiting@example.com")
    page.page.goto(f"{studio.url}/annotate/done")
    expect(page.page.get_by_role("heading", name="Nothing for you at the moment")).to_be_visible()
    page.page.get_by_role("link", name="Look again").click()
    assert page.settle() == "card"


def test_reaching_the_requested_time_is_shown_in_green(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    with studio.api() as api:
        config = {"label_config": record_config(asked_seconds=3)}
        api.patch(f"/api/projects/{only_project.id}/", json=config).raise_for_status()
    page = open_invite()
    newcomer.sign_up(page, "lasting@example.com")
    page.get_ready()
    page.record(4)
    status = page.panel.get_by_role("status").first
    expect(status).to_contain_text("0:03 reached, well done")
    colour = status.evaluate("one => getComputedStyle(one).color")
    red, green, _ = (int(part) for part in re.findall(r"\d+", colour)[:3])
    assert green > red


def test_sign_up_and_login_show_what_is_wrong(
    studio: Studio, only_project: Project, open_invite: OpenInvite
) -> None:
    page = open_invite()
    page.page.fill("#email", "ann@example.com")
    page.page.fill("#password", "long enough for it")
    page.page.click("button[type=submit]")
    expect(page.page.get_by_role("alert")).to_contain_text("If you have an account already")
    expect(page.page.locator("#email")).to_have_value("ann@example.com")
    page.page.get_by_role("link", name="Sign in").click()
    page.page.fill("#email", "ann@example.com")
    page.page.fill("#password", "not this one")
    page.page.click("button[type=submit]")
    expect(page.page.get_by_role("alert")).to_contain_text("don't fit together")
    page.page.goto(f"{studio.url}/user/signup/")
    expect(page.page.get_by_text("needs an invite link")).to_be_visible()
