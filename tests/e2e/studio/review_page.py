"""What a reviewer does in the browser, by its own name; keys and clicks are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

TASK = "() => window.Htx?.task?.id ?? null"
SETTLED = """([seen]) => {
  const panel = document.querySelector(".annotate-review-panel");
  const image = panel?.querySelector("img");
  return panel && !seen.includes(window.Htx?.task?.id) && image?.naturalWidth > 0;
}"""


@dataclass
class ReviewPage:
    """A page of Label Studio with the review panel in it.

    Attributes:
        keys: Keys pressed so far; a chord is one, and so is each letter typed.
        clicks: Presses of the mouse so far; a double click is two.
    """

    page: Page
    url: str
    keys: int = 0
    clicks: int = 0
    seen: list[int] = field(default_factory=list)

    def stream(self, project: int) -> None:
        """Go through the captions one after the other, as "Label All Tasks" does."""
        self.page.goto(f"{self.url}/projects/{project}/data?labeling=1")
        self.settle()

    def open_task(self, project: int, task: int) -> None:
        """Open one caption."""
        self.page.goto(f"{self.url}/projects/{project}/data?task={task}")
        self.settle()

    def settle(self) -> None:
        """Wait for the panel of a caption that hasn't been seen before."""
        self.page.wait_for_function(SETTLED, arg=[self.seen])

    @property
    def task(self) -> int:
        found: int = self.page.evaluate(TASK)
        return found

    @property
    def panel(self) -> Locator:
        return self.page.locator(".annotate-review-panel")

    @property
    def box(self) -> Locator:
        return self.panel.locator("textarea")

    def button(self, action: str) -> Locator:
        return self.panel.locator(f"[data-action={action}]")

    def word(self, text: str) -> Locator:
        """A word of the caption as it is drawn."""
        return self.panel.locator(".annotate-rv-layer .annotate-rv-word", has_text=text).first

    def choose_language(self, language: str) -> None:
        """Press the button for the other language, if that is the one wanted."""
        if self.panel.get_attribute("lang") != language:
            with self.page.expect_response("**/annotate/language"):
                self.button("language").click()
        expect(self.panel).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")

    def press(self, key: str) -> None:
        """One key, or a chord."""
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def click_word(self, text: str, times: int = 1) -> None:
        """Press the mouse on a word of the caption."""
        self.word(text).scroll_into_view_if_needed()
        place = self.word(text).bounding_box()
        assert place is not None
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        self.page.mouse.click(x, y, click_count=times)
        self.clicks += times

    def hover_word(self, text: str) -> None:
        self.word(text).scroll_into_view_if_needed()
        place = self.word(text).bounding_box()
        assert place is not None
        self.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)

    def expect_choice(self, choice: str | None) -> None:
        for one in ("accept", "fix", "reject"):
            expect(self.button(one)).to_have_attribute("aria-pressed", str(one == choice).lower())

    def submit(self) -> None:
        """Submit with the keyboard, and wait until Label Studio has stored it."""
        task = self.task
        with self.page.expect_response(
            lambda reply: f"/tasks/{task}/annotations" in reply.url
        ) as sent:
            self.press("Control+Enter")
        assert sent.value.status == 201
        self.seen.append(task)

    def wait_for_held(self, wanted: dict[str, Any]) -> None:
        """Wait until Label Studio's own controls hold this."""
        self.page.wait_for_function(
            """(wanted) => Object.entries(wanted).every(([name, values]) => {
                 const control = Htx.annotationStore.selected.names.get(name);
                 const held = [...control.selectedValues()].flat();
                 return JSON.stringify(held) === JSON.stringify(values);
               })""",
            arg=wanted,
        )
