"""What a reviewer has changed and not submitted outlives reloads, sessions and Label Studio."""

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
        page.wait_for_values({"decision": ["accept"]})


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
    page.wait_for_values({"decision": ["fix"]})


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


STORED = """(task) => Object.keys(localStorage).filter(
  (key) => key.startsWith("annotate-aloud review ") && key.endsWith(` ${task}`)).length"""


def test_a_reload_brings_text_and_choice_back(
    review: Reviewer, to_review: int, waiting: Waiting
) -> None:
    page = review()
    task = waiting.task_with(to_review, "rowed")
    page.open_task(to_review, task)
    page.box.focus()
    page.press("End")
    page.type(" Truly")
    text = page.box.input_value()
    page.page.wait_for_function(f"task => ({STORED})(task) === 1", arg=task)
    page.page.reload()
    page.settle()
    expect(page.box).to_have_value(text)
    page.expect_choice("fix")
    page.submit()
    page.seen.clear()
    page.page.reload()
    page.settle()
    expect(page.box).to_have_value(text)
    page.page.wait_for_function(f"task => ({STORED})(task) === 0", arg=task)


def test_in_another_browser_the_draft_that_label_studio_stored_comes_back(
    review: Reviewer, to_review: int, waiting: Waiting
) -> None:
    task = waiting.task_with(to_review, "rowed")
    page = review()
    page.open_task(to_review, task)
    page.box.focus()
    page.press("End")
    with page.page.expect_response(lambda reply: "/drafts" in reply.url and reply.ok):
        page.type(" Truly")
    text = page.box.input_value()
    page.page.close()
    other = review()
    other.open_task(to_review, task)
    expect(other.box).to_have_value(text)
    other.expect_choice("fix")


def test_the_next_caption_of_the_stream_starts_clean(review: Reviewer, to_review: int) -> None:
    page = review()
    page.stream(to_review)
    first = page.task
    page.press("Alt+1")
    page.submit()
    page.settle()
    page.expect_choice(None)
    page.page.wait_for_function(f"task => ({STORED})(task) === 0", arg=first)
