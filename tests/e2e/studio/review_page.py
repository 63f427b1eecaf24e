"""Page object for the review panel: a reviewer's actions, with keys and clicks counted."""

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
    """A page of Label Studio with the review panel.

    Attributes:
        keys: Keys pressed so far; a combination counts as one, as does each typed letter.
        clicks: Mouse clicks so far; a double click counts as two.
        seen: Ids of the submitted tasks.
    """

    page: Page
    url: str
    keys: int = 0
    clicks: int = 0
    seen: list[int] = field(default_factory=list)

    def stream(self, project: int) -> None:
        """Open the label stream, as "Label All Tasks" does."""
        self.page.goto(f"{self.url}/projects/{project}/data?labeling=1")
        self.settle()

    def open_task(self, project: int, task: int) -> None:
        """Open the caption of one task."""
        self.page.goto(f"{self.url}/projects/{project}/data?task={task}")
        self.settle()

    def settle(self) -> None:
        """Wait for the panel of a task that isn't in `seen`."""
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
        """The first word with this text in the caption's layer of marks."""
        return self.panel.locator(".annotate-rv-layer .annotate-rv-word", has_text=text).first

    def choose_language(self, language: str) -> None:
        """Switch the panel to this language, "en" or "ar", if it isn't already."""
        if self.panel.get_attribute("lang") != language:
            with self.page.expect_response("**/annotate/language"):
                self.button("language").click()
        expect(self.panel).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")

    def press(self, key: str) -> None:
        """Press a key or a combination of keys."""
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def click_word(self, text: str, times: int = 1) -> None:
        """Click on a word of the caption."""
        self.word(text).scroll_into_view_if_needed()
        bounds = self.word(text).bounding_box()
        assert bounds is not None
        x, y = bounds["x"] + bounds["width"] / 2, bounds["y"] + bounds["height"] / 2
        self.page.mouse.click(x, y, click_count=times)
        self.clicks += times

    def hover_word(self, text: str) -> None:
        self.word(text).scroll_into_view_if_needed()
        bounds = self.word(text).bounding_box()
        assert bounds is not None
        self.page.mouse.move(bounds["x"] + bounds["width"] / 2, bounds["y"] + bounds["height"] / 2)

    def expect_choice(self, choice: str | None) -> None:
        for one in ("accept", "fix", "reject"):
            expect(self.button(one)).to_have_attribute("aria-pressed", str(one == choice).lower())

    def submit(self) -> None:
        """Submit with the keyboard, and wait until Label Studio has stored it."""
        task = self.task
        with self.page.expect_response(
            lambda response: f"/tasks/{task}/annotations" in response.url
        ) as sent:
            self.press("Control+Enter")
        assert sent.value.status == 201
        self.seen.append(task)

    def wait_for_values(self, expected: dict[str, Any]) -> None:
        """Wait until Label Studio's controls have these values."""
        self.page.wait_for_function(
            """(expected) => Object.entries(expected).every(([name, values]) => {
                 const control = Htx.annotationStore.selected.names.get(name);
                 const selected = [...control.selectedValues()].flat();
                 return JSON.stringify(selected) === JSON.stringify(values);
               })""",
            arg=expected,
        )
