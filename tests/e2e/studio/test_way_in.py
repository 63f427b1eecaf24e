"""From the invite link to the last image, as somebody does it who knows nothing of Label Studio."""

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

Arrive = Callable[..., RecordingPage]
EFFORT = Path(__file__).parents[3] / "docs" / "effort.md"
NOT_THEIRS = (
    *("Create", "Settings", "Import", "Export", "Organization", "API", "Account & Settings"),
    *("Projects", "Home", "Regions", "Relations", "View region details", "Info", "History"),
)


@pytest.fixture
def arrive(studio: Studio, browser: Browser) -> Iterator[Arrive]:
    """Open the invite link; errors of our scripts fail the test."""
    opened: list[RecordingPage] = []

    def open_it(**options: object) -> RecordingPage:
        opened.append(newcomer.arrive(studio, browser, **options))
        return opened[-1]

    yield open_it
    for page in opened:
        page.context.close()
    assert [error for page in opened for error in page.errors] == []


def nothing_else_is_offered(page: Page) -> None:
    """No way into what isn't for annotators can be seen."""
    seen = page.locator("a:visible, button:visible, [role=button]:visible, [role=tab]:visible")
    for name in NOT_THEIRS:
        exactly = re.compile(f"^\\s*{re.escape(name)}\\s*$")
        expect(seen.filter(has_text=exactly)).to_have_count(0)
    text = page.locator("body").inner_text()
    assert "gold" not in text.lower()
    assert re.search(r"[0-9a-f]{16}", text) is None
    assert re.search(r"\b\d+ of \d+\b(?!:)", text) is None


def told(page: RecordingPage, text: str) -> None:
    """How far they are, in the bar."""
    expect(page.page.locator(".annotate-progress-text")).to_have_text(text)


def describe(page: RecordingPage) -> None:
    """Record, stop and submit."""
    page.record(2)
    page.stop()
    page.expect_state("kept")
    page.expect_can_submit()
    page.submit.click()


def effort() -> dict[str, Presses]:
    """What the document says: clicks and keys by what is done."""
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
    studio: Studio, only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
    for absent in ("newsletter", "latest news", "hear about", "Heidi"):
        expect(page.page.get_by_text(absent)).to_have_count(0)
    counted = {}
    newcomer.sign_up(page, "first@example.com")
    told(page, "0 done, 3 left")
    nothing_else_is_offered(page.page)
    page.get_ready()
    describe(page)
    told(page, "1 done, 2 left")
    counted["first recording, from the invite link"] = presses(page.page)

    page.expect_state("ready")
    describe(page)
    told(page, "2 done, 1 left")
    counted["each further recording"] = presses(page.page)
    nothing_else_is_offered(page.page)

    page.page.locator("[data-action=sign-out]").click()
    page.page.wait_for_url(lambda address: "/user/login/" in address)
    presses(page.page)
    newcomer.sign_in(page, "first@example.com")
    assert page.settle() == "ready"
    counted["coming back: sign in, and the next image is there"] = presses(page.page)
    told(page, "2 done, 1 left")

    describe_by_keyboard(page)
    expect(page.page.get_by_role("heading", name="All done, thank you!")).to_be_visible()
    counted["each further recording, by the keyboard"] = presses(page.page)
    assert counted == effort()
    for address in ("/", "/projects/", f"/projects/{only_project.id}/data?labeling=1"):
        page.page.goto(studio.url + address)
        expect(page.page.get_by_role("heading", name="All done, thank you!")).to_be_visible()
    expect(page.page.get_by_text("Images you have described: 3")).to_be_visible()
    assert [len(studio.annotations(task)) for task in only_project.tasks] == [1, 1, 1]


def test_the_language_is_the_annotators_own_and_stays_theirs(
    studio: Studio, only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
    expect(page.page.locator("html")).to_have_attribute("dir", "ltr")
    page.page.locator("[data-action=language]").click()
    expect(page.page.locator("html")).to_have_attribute("dir", "rtl")
    newcomer.sign_up(page, "arabic@example.com")
    expect(page.panel).to_have_attribute("lang", "ar")
    expect(page.page.locator(".annotate-bar")).to_have_attribute("dir", "rtl")
    page.get_ready()
    expect(page.panel.locator("[data-question=text]")).to_contain_text("ما النص المكتوب")

    # In a browser that knows nothing of it, the account does.
    other = arrive()
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


def test_a_recording_outlives_a_change_of_the_language(
    only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
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
    studio: Studio, only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
    newcomer.sign_up(page, "skipping@example.com")
    page.get_ready()
    page.button("skip").click()
    expect(page.button("skip")).to_have_text("Press again to skip it")
    told(page, "0 done, 3 left")
    page.button("skip").click()
    told(page, "0 done, 2 left")
    page.expect_state("ready")
    with studio.api() as api:
        skipped = [api.get(f"/api/tasks/{task}/").json() for task in only_project.tasks]
    assert sum(task["cancelled_annotations"] for task in skipped) == 1


def test_what_was_handed_in_can_be_replaced(
    studio: Studio, only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
    newcomer.sign_up(page, "again@example.com")
    page.get_ready()
    describe(page)
    told(page, "1 done, 2 left")
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
    with page.page.expect_response(lambda answer: "/api/annotations/" in answer.url) as changed:
        page.submit.click()
    assert changed.value.ok
    [annotation] = studio.annotations(only_project.tasks[0])
    assert second["recording"] in annotation["result"][0]["value"]["text"][0]


def test_while_images_are_left_nobody_is_told_that_all_is_done(
    studio: Studio, arrive: Arrive, only_project: Project
) -> None:
    page = arrive()
    newcomer.sign_up(page, "waiting@example.com")
    page.page.goto(f"{studio.url}/annotate/done")
    expect(page.page.get_by_role("heading", name="Nothing for you at the moment")).to_be_visible()
    page.page.get_by_role("link", name="Look again").click()
    assert page.settle() == "card"


def test_the_asked_time_is_good_news(studio: Studio, only_project: Project, arrive: Arrive) -> None:
    with studio.api() as api:
        config = {"label_config": record_config(asked_seconds=3)}
        api.patch(f"/api/projects/{only_project.id}/", json=config).raise_for_status()
    page = arrive()
    newcomer.sign_up(page, "lasting@example.com")
    page.get_ready()
    page.record(4)
    status = page.panel.get_by_role("status").first
    expect(status).to_contain_text("0:03 reached, well done")
    colour = status.evaluate("one => getComputedStyle(one).color")
    red, green, _ = (int(part) for part in re.findall(r"\d+", colour)[:3])
    assert green > red


def test_a_wrong_form_says_what_is_wrong(
    studio: Studio, only_project: Project, arrive: Arrive
) -> None:
    page = arrive()
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
