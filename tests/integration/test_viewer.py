"""The released page in a real Chromium: what a researcher does, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright_api
import pytest

from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.store.lake import Lake
from tests import needs
from tests.release_builders import put_image

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
SOUND = "--autoplay-policy=no-user-gesture-required"
EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
Browser = playwright_api.Browser
Page = playwright_api.Page


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a release with a harmless and a hostile caption."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for index, text in enumerate(("a red thing lies here", f"look {EVIL.replace(' ', '/')} there")):
        put_image(lake, index, text)
    release = create(lake, "v1", ReleaseOptions(title=EVIL))
    return (Path(release.path) / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser in which sound may play at once."""
    with playwright_api.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=needs.chromium(), args=[*needs.QUIET, SOUND]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page, freshly opened; any request to elsewhere or error fails the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(10_000)
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(url)
    yield page
    page.close()
    assert [one for one in requests if not one.startswith("data:")] == [url]
    assert errors == []


def show(page: Page, words: str) -> None:
    """Choose the image whose caption has these words, by searching."""
    page.fill("#search", words)
    page.locator(".item:visible").click()


def word(page: Page, text: str) -> playwright_api.Locator:
    return page.locator("#caption .word").get_by_text(text, exact=True)


SOUND_AT = "() => { const a = document.querySelector('audio'); return a ? a.currentTime : -1 }"


def test_hovering_a_word_shows_its_point_and_plays_its_second(page: Page) -> None:
    show(page, "red thing")
    word(page, "lies").hover()  # the fourth word: said from 1,000 ms on, pointed at (0.25, 0.75)
    page.wait_for_function("() => document.querySelector('audio')?.currentTime >= 0.9")
    assert page.evaluate(SOUND_AT) < 1.6
    point, image = page.locator("#point").bounding_box(), page.locator("#image").bounding_box()
    assert point is not None
    assert image is not None
    middle = (point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    assert middle[0] == pytest.approx(image["x"] + 0.25 * image["width"], abs=1.5)
    assert middle[1] == pytest.approx(image["y"] + 0.75 * image["height"], abs=1.5)
    assert page.locator("#fact-word").inner_text() == "lies"
    assert page.locator("#fact-when").inner_text() == "0:01.0 to 0:01.3"
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "viewer.png")


def test_a_word_without_a_point_shows_none(page: Page) -> None:
    show(page, "red thing")
    word(page, "lies").hover()
    playwright_api.expect(page.locator("#point")).to_be_visible()
    word(page, "thing").hover()
    playwright_api.expect(page.locator("#point")).to_be_hidden()
    assert page.locator("#fact-where").inner_text() == "nothing"


def test_what_was_said_is_shown_as_text(page: Page) -> None:
    show(page, "look")
    said = EVIL.replace(" ", "/")
    assert page.locator("#caption").inner_text() == f"look {said} there"
    assert page.locator("#caption script, #caption img").count() == 0
    assert page.title() == EVIL
    assert page.locator("h1").inner_text() == EVIL


def test_the_caption_plays_word_by_word(page: Page) -> None:
    show(page, "red thing")
    page.evaluate(
        """() => {
          window.lit = [];
          const look = () => {
            const now = document.querySelector("#caption .now");
            if (now && window.lit.at(-1) !== now.textContent) window.lit.push(now.textContent);
          };
          const watched = { subtree: true, attributeFilter: ["class"] };
          new MutationObserver(look).observe(document.getElementById("caption"), watched);
        }"""
    )
    page.get_by_role("button", name="Play caption").click()
    page.wait_for_function("() => window.lit.at(-1) === 'here'")
    assert page.evaluate("() => window.lit") == ["a", "red", "thing", "lies", "here"]
    playwright_api.expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")


def test_keys_move_from_word_to_word(page: Page) -> None:
    show(page, "red thing")
    word(page, "a").focus()
    page.keyboard.press("ArrowRight")
    playwright_api.expect(word(page, "red")).to_be_focused()
    assert page.locator("#fact-word").inner_text() == "red"
    playwright_api.expect(page.locator("#point")).to_be_visible()
    page.keyboard.press("End")
    playwright_api.expect(word(page, "here")).to_be_focused()


def test_search_says_when_nothing_fits(page: Page) -> None:
    page.fill("#search", "zebra")
    playwright_api.expect(page.locator(".item:visible")).to_have_count(0)
    playwright_api.expect(page.locator("#none")).to_be_visible()


def test_theme_can_be_switched(page: Page) -> None:
    shade = "() => getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(shade)
    page.locator("#theme").click()
    assert page.evaluate(shade) != before


def test_blocked_sound_asks_for_a_click(page: Page) -> None:
    """Chromium lets headless pages play, so here the page is told what a browser says at first."""
    page.evaluate(
        """() => {
          const play = HTMLMediaElement.prototype.play;
          let blocked = true;
          addEventListener("pointerdown", () => { blocked = false; }, true);
          HTMLMediaElement.prototype.play = function () {
            if (blocked) return Promise.reject(new DOMException("blocked", "NotAllowedError"));
            return play.call(this);
          };
        }"""
    )
    show_first = page.locator("#caption .word.pointed").first
    show_first.hover()
    playwright_api.expect(page.locator("#unlock")).to_be_visible()
    playwright_api.expect(page.locator("#point")).to_be_visible()
    page.locator("h1").click()
    playwright_api.expect(page.locator("#unlock")).to_be_hidden()
    show_first.hover()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.4")
    playwright_api.expect(page.locator("#unlock")).to_be_hidden()
