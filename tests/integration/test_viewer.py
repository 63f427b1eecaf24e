"""The viewer page of a release in a real Chromium, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright_api
import pytest

from annotate import client
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.store.lake import Lake
from tests import needs
from tests.release_builders import put_image

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
LONG = "a_photograph_whose_name_goes_on_and_on_" * 2 + ".jpg"
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
def arabic(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a release with an Arabic caption of an image that has a long name."""
    lake = Lake(tmp_path_factory.mktemp("arabic"))
    put_image(lake, 0, "قطة صغيرة تنام على أريكة حمراء بجانب النافذة", image={"name": LONG})
    release = create(lake, "v1", ReleaseOptions())
    return (Path(release.path) / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser in which audio may play without a click."""
    with playwright_api.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=needs.chromium(), args=[*needs.QUIET, AUTOPLAY]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The newly opened page; a request to another URL or an error fails the test."""
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


def search(page: Page, text: str) -> None:
    """Show the image whose caption has this text."""
    page.fill("#search", text)


def word(page: Page, text: str) -> playwright_api.Locator:
    return page.locator("#caption .word").get_by_text(text, exact=True)


CURRENT_TIME = "() => { const a = document.querySelector('audio'); return a ? a.currentTime : -1 }"


def test_hovering_a_word_shows_its_point_and_plays_its_audio(page: Page) -> None:
    search(page, "red thing")
    word(page, "lies").hover()  # the fourth word: spoken at 1,000 ms, pointed at (0.25, 0.75)
    page.wait_for_function("() => document.querySelector('audio')?.currentTime >= 0.9")
    assert page.evaluate(CURRENT_TIME) < 1.6
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
    search(page, "red thing")
    word(page, "lies").hover()
    playwright_api.expect(page.locator("#point")).to_be_visible()
    word(page, "thing").hover()
    playwright_api.expect(page.locator("#point")).to_be_hidden()
    assert page.locator("#fact-where").inner_text() == "nothing"


def test_html_in_a_caption_is_shown_as_text(page: Page) -> None:
    search(page, "look")
    html = EVIL.replace(" ", "/")
    assert page.locator("#caption").inner_text() == f"look {html} there"
    assert page.locator("#caption script, #caption img").count() == 0
    assert page.title() == EVIL
    assert page.locator("h1").inner_text() == EVIL


def test_the_caption_plays_word_by_word(page: Page) -> None:
    search(page, "red thing")
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
    search(page, "red thing")
    word(page, "a").focus()
    page.keyboard.press("ArrowRight")
    playwright_api.expect(word(page, "red")).to_be_focused()
    assert page.locator("#fact-word").inner_text() == "red"
    playwright_api.expect(page.locator("#point")).to_be_visible()
    page.keyboard.press("End")
    playwright_api.expect(word(page, "here")).to_be_focused()


def test_a_search_shows_the_image_found_and_marks_the_words(page: Page) -> None:
    page.fill("#search", "look")
    playwright_api.expect(page.locator("#caption .hit")).to_have_text(["look"])
    page.fill("#search", "RED thi")
    playwright_api.expect(page.locator("#caption")).to_have_text("a red thing lies here")
    playwright_api.expect(page.locator("#caption .hit")).to_have_text(["red", "thing"])
    assert page.locator(".item[aria-current]").is_visible()
    shade = "() => getComputedStyle(document.querySelector('#caption .hit')).backgroundColor"
    assert page.evaluate(shade) != "rgba(0, 0, 0, 0)"
    page.fill("#search", "")
    playwright_api.expect(page.locator("#caption .hit")).to_have_count(0)
    playwright_api.expect(page.locator("#caption")).to_have_text("a red thing lies here")


@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_nothing_is_cut_off(browser: Browser, arabic: str, width: int) -> None:
    """Neither by the window nor by an ellipsis, for a long name and an Arabic caption."""
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(arabic)
    page.locator("#caption .word").nth(1).click()
    playwright_api.expect(page.locator("#facts")).to_be_visible()
    wide = "() => document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0
    cut = """() => [...document.querySelectorAll("main *")].filter((node) =>
      node.offsetParent && node.clientWidth > 1 && node.scrollWidth > node.clientWidth + 1
      && getComputedStyle(node).overflowX !== "visible").map((node) => node.id || node.className)"""
    assert page.evaluate(cut) == []
    side = "() => getComputedStyle(document.querySelector('#caption')).direction"
    assert page.evaluate(side) == "rtl"
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"viewer-arabic-{width}.png")
    page.close()


def test_a_row_in_a_notebook_shows_its_picture_and_where_a_word_points(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    """The HTML that `client.show` gives, as a notebook puts it into its page."""
    row = client.load(Path(url.removeprefix("file://")).parent).row(0, named=True)
    file = tmp_path / "cell.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{client.show(row)._repr_html_()}")
    page = browser.new_page(viewport={"width": 900, "height": 700})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    image = page.locator("img").bounding_box()
    assert image is not None
    assert page.evaluate("() => document.querySelector('img').naturalWidth") == row["width"]
    pointed = page.locator("b.at").first
    mark = pointed.locator("i")
    playwright_api.expect(mark).to_be_hidden()
    pointed.hover()
    playwright_api.expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert middle[0] == pytest.approx(image["x"] + 0.25 * image["width"], abs=2)
    assert middle[1] == pytest.approx(image["y"] + 0.75 * image["height"], abs=2)
    assert page.title() != "owned"
    assert [one for one in requests if not one.startswith("data:")] == [file.as_uri()]
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "notebook.png")
    page.close()


def test_a_search_without_a_match_shows_a_message(page: Page) -> None:
    page.fill("#search", "zebra")
    playwright_api.expect(page.locator(".item:visible")).to_have_count(0)
    playwright_api.expect(page.locator("#none")).to_be_visible()


def test_theme_can_be_switched(page: Page) -> None:
    shade = "() => getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(shade)
    page.locator("#theme").click()
    assert page.evaluate(shade) != before


def test_blocked_audio_shows_a_message_until_a_click(page: Page) -> None:
    """Headless Chromium always allows audio; here `play` fails until the first click."""
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
    first_word = page.locator("#caption .word.pointed").first
    first_word.hover()
    playwright_api.expect(page.locator("#unlock")).to_be_visible()
    playwright_api.expect(page.locator("#point")).to_be_visible()
    page.locator("h1").click()
    playwright_api.expect(page.locator("#unlock")).to_be_hidden()
    first_word.hover()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.4")
    playwright_api.expect(page.locator("#unlock")).to_be_hidden()
