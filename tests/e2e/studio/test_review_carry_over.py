"""Label Studio replaces the annotation while a page loads: changes to the first are not lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.captions import Waiting
from tests.e2e.studio.review_page import ReviewPage

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Reviewer = Callable[..., ReviewPage]

REPLACE = """() => {
  const store = Htx.annotationStore;
  const old = store.selected;
  const made = store.createAnnotation();
  store.selectAnnotation(made.id);
  store.deleteAnnotation(old);
  return [old.id ?? null, made.id, store.annotations.length];
}"""
"""What Label Studio does when a task's drafts arrive, by the functions of its own store."""

PRESS_AT_ONCE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".annotate-review-panel")) return;
  observer.disconnect();
  dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1", key: "1", altKey: true }));
}).observe(document, { childList: true, subtree: true });
"""


def test_a_key_pressed_as_soon_as_the_panel_shows_counts(
    review: Reviewer, to_review: int, waiting: Waiting
) -> None:
    page = review()
    page.page.add_init_script(PRESS_AT_ONCE)
    for caption in ("rowed", "merely"):
        page.open_task(to_review, waiting.task_with(to_review, caption))
        page.expect_choice("accept")
        page.wait_for_held({"decision": ["accept"]})


def test_text_and_choice_move_to_the_annotation_that_takes_the_place(
    review: Reviewer, to_review: int, waiting: Waiting
) -> None:
    page = review()
    page.open_task(to_review, waiting.task_with(to_review, "rowed"))
    page.box.focus()
    page.press("End")
    page.type(" Truly")
    text = page.box.input_value()
    old, new, count = page.page.evaluate(REPLACE)
    assert (old != new, count) == (True, 1)
    expect(page.box).to_have_value(text)
    page.expect_choice("fix")
    page.wait_for_held({"decision": ["fix"]})


def test_an_annotation_that_stays_keeps_its_own(
    review: Reviewer, to_review: int, waiting: Waiting
) -> None:
    page = review()
    page.open_task(to_review, waiting.task_with(to_review, "rowed"))
    page.press("Alt+1")
    page.expect_choice("accept")
    page.page.evaluate(
        "() => { const store = Htx.annotationStore;"
        " store.selectAnnotation(store.createAnnotation().id) }"
    )
    page.expect_choice(None)
