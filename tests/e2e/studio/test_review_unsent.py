"""Unsubmitted changes of a reviewer survive reloads, new sessions and Label Studio's updates."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.studio.captions import PushedCaptions
from tests.e2e.studio.review_page import ReviewPage

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

OpenReview = Callable[..., ReviewPage]

REPLACE = """() => {
  const store = Htx.annotationStore;
  const old = store.selected;
  const made = store.createAnnotation();
  store.selectAnnotation(made.id);
  store.deleteAnnotation(old);
  return [old.id ?? null, made.id, store.annotations.length];
}"""
"""Replaces the annotation through Label Studio's store, as it does when a task's drafts arrive."""

PRESS_AT_ONCE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".annotate-review-panel")) return;
  observer.disconnect();
  dispatchEvent(new KeyboardEvent("keydown", { code: "Digit1", key: "1", altKey: true }));
}).observe(document, { childList: true, subtree: true });
"""


def test_a_key_pressed_as_soon_as_the_panel_appears_is_handled(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.page.add_init_script(PRESS_AT_ONCE)
    for caption in ("rowed", "merely"):
        page.open_task(review_project, pushed.task_with(review_project, caption))
        page.expect_choice("accept")
        page.wait_for_values({"decision": ["accept"]})


def test_text_and_choice_move_to_the_annotation_that_replaces_the_first(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "rowed"))
    page.box.focus()
    page.press("End")
    page.type(" Truly")
    text = page.box.input_value()
    old, new, count = page.page.evaluate(REPLACE)
    assert (old != new, count) == (True, 1)
    expect(page.box).to_have_value(text)
    page.expect_choice("fix")
    page.wait_for_values({"decision": ["fix"]})


def test_another_annotation_does_not_take_over_the_choice(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "rowed"))
    page.press("Alt+1")
    page.expect_choice("accept")
    page.page.evaluate(
        "() => { const store = Htx.annotationStore;"
        " store.selectAnnotation(store.createAnnotation().id) }"
    )
    page.expect_choice(None)


STORED = """(task) => Object.keys(localStorage).filter(
  (key) => key.startsWith("annotate-aloud review ") && key.endsWith(` ${task}`)).length"""


def test_a_reload_restores_text_and_choice(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    task = pushed.task_with(review_project, "rowed")
    page.open_task(review_project, task)
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


def test_another_browser_restores_the_draft_that_label_studio_stored(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    task = pushed.task_with(review_project, "rowed")
    page = open_review()
    page.open_task(review_project, task)
    page.box.focus()
    page.press("End")
    with page.page.expect_response(lambda response: "/drafts" in response.url and response.ok):
        page.type(" Truly")
    text = page.box.input_value()
    page.page.close()
    other = open_review()
    other.open_task(review_project, task)
    expect(other.box).to_have_value(text)
    other.expect_choice("fix")


def test_the_next_caption_of_the_stream_has_no_choice(
    open_review: OpenReview, review_project: int
) -> None:
    page = open_review()
    page.stream(review_project)
    first = page.task
    page.press("Alt+1")
    page.submit()
    page.settle()
    page.expect_choice(None)
    page.page.wait_for_function(f"task => ({STORED})(task) === 0", arg=first)
