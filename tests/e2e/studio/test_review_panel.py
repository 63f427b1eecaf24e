"""The review panel: accept, fix and reject captions with a few keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from annotate.model.tables import Captions, Reviews
from annotate.review.collect import collect
from tests.e2e.studio.captions import PushedCaptions
from tests.e2e.studio.review_page import ReviewPage

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

OpenReview = Callable[..., ReviewPage]
EFFORT = Path(__file__).parents[3] / "docs" / "effort.md"


def documented_effort() -> dict[str, tuple[int, int]]:
    """Keys and clicks of each kind of decision, as documented in `docs/effort.md`."""
    _, _, rest = EFFORT.read_text("utf-8").partition("## Reviewing")
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \| (\d+) \|", rest.partition("\n## ")[0], re.M)
    return {what: (int(keys), int(clicks)) for what, clicks, keys in rows}


def accept(page: ReviewPage) -> None:
    page.press("Alt+1")
    page.expect_choice("accept")
    page.submit()


def fix_next_doubt(page: ReviewPage, right: str) -> int:
    """Replace the next doubtful word; the number of typed letters."""
    page.press("Alt+n")
    page.type(right)
    page.expect_choice("fix")
    page.submit()
    return len(right)


def fix_by_mouse(page: ReviewPage, wrong: str, right: str) -> int:
    """Double-click a word and replace it; the number of typed letters."""
    page.click_word(wrong, times=2)
    page.type(right)
    page.expect_choice("fix")
    page.submit()
    return len(right)


def reject(page: ReviewPage) -> None:
    page.press("Alt+3")
    expect(page.panel.locator("[data-reason=not_described]")).to_be_focused()
    page.press("2")
    expect(page.panel.locator("[data-reason=wrong]")).to_have_attribute("aria-pressed", "true")
    page.submit()


FIRST_DECISIONS = {
    "merely": "accept",
    "wood": "doubt",
    "tell": "mouse",
    "rowed": "reject",
    "ناعم،": "accept",
}
"""The first reviewer's decision for the caption with this word; the second accepts all."""


def go_through(page: ReviewPage, project: int, plan: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Decide on five captions in the stream; keys and clicks by kind, without typed letters."""
    effort: dict[str, tuple[int, int]] = {}
    page.stream(project)
    for count in range(5):
        if count:
            page.settle()
        text = page.box.input_value()
        assert text, "a caption arrives with its text"
        (word,) = [one for one in plan if one in text.split()]
        keys, clicks, letters = page.keys, page.clicks, 0
        if plan[word] == "accept":
            accept(page)
        elif plan[word] == "doubt":
            letters = fix_next_doubt(page, "wooden")
        elif plan[word] == "mouse":
            letters = fix_by_mouse(page, word, "tall")
        else:
            reject(page)
        effort[plan[word]] = (page.keys - keys - letters, page.clicks - clicks)
    return effort


def test_two_reviewers_decide_on_five_captions_and_all_decisions_are_collected(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions, sue: str
) -> None:
    lake, label_studio = pushed.lake, pushed.label_studio
    counted = go_through(open_review(), review_project, FIRST_DECISIONS)
    names = {
        **{"accept": "accept", "doubt": "fix a doubtful word"},
        **{"mouse": "fix any word", "reject": "reject"},
    }
    assert {names[what]: effort for what, effort in counted.items()} == documented_effort()
    assert collect(lake, label_studio, review_project).written == 5
    rows = {row["image_id"]: row for row in lake.read(Reviews).to_dicts()}
    captions = {row["image_id"]: row for row in lake.read(Captions).to_dicts()}
    decisions = {}
    for image, row in rows.items():
        word = next(one for one in FIRST_DECISIONS if one in captions[image]["text"].split())
        decisions[word] = (row["decision"], row["reasons"])
        check_lineage(captions[image], row, FIRST_DECISIONS[word])
    assert decisions == {
        **{"merely": ("accept", []), "ناعم،": ("accept", [])},
        **{"wood": ("fix", []), "tell": ("fix", []), "rowed": ("reject", ["wrong"])},
    }
    go_through(open_review(sue), review_project, dict.fromkeys(FIRST_DECISIONS, "accept"))
    assert collect(lake, label_studio, review_project).written == 5
    assert {row["decision"] for row in lake.read(Reviews).to_dicts()} == {"accept"}


def check_lineage(caption: dict[str, Any], row: dict[str, Any], what: str) -> None:
    """One word is marked as edited; all others keep their recording, times and pointer position."""
    kinds = [entry["kind"] for entry in row["lineage"]]
    if what in ("accept", "reject"):
        assert row["lineage"] == caption["lineage"]
        return
    assert kinds.count("edited") == 1
    assert len(kinds) == len(caption["lineage"])
    at = kinds.index("edited")
    entry = row["lineage"][at]
    assert row["text"][entry["start_char"] : entry["end_char"]] in ("wooden", "tall")
    keys = ("recording_id", "word", "start_ms", "end_ms", "x_frac", "y_frac")
    for index, (old, new) in enumerate(zip(caption["lineage"], row["lineage"], strict=True)):
        assert index == at or [old[key] for key in keys] == [new[key] for key in keys]


def test_typing_selects_fix_and_undoing_it_deselects_fix(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "merely"))
    original = page.box.input_value()
    page.expect_choice(None)
    page.box.press("Control+End")
    page.type(" More.")
    page.expect_choice("fix")
    expect(page.panel.locator(".annotate-rv-layer .annotate-rv-edited")).to_have_text("More.")
    for _ in range(6):
        page.press("Control+z")
    expect(page.box).to_have_value(original)
    page.expect_choice(None)
    page.press("Alt+1")
    page.box.press("Control+End")
    page.type("!")
    page.expect_choice("fix")
    page.button("restore").click()
    expect(page.box).to_have_value(original)
    page.expect_choice("accept")
    page.press("Control+z")  # restoring can be undone too
    expect(page.box).to_have_value(original + "!")
    page.wait_for_values({"caption": [original + "!"], "decision": ["fix"], "reason": []})


def test_what_is_typed_is_text_and_shortcuts_type_nothing(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    """Shortcuts insert no characters, and typed HTML is shown as text."""
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "wood"))
    original = page.box.input_value()
    for key in ("Alt+1", "Alt+2", "Alt+3", "Alt+4", "Alt+k", "Alt+k", "Alt+s", "Escape", "Alt+n"):
        page.press(key)
    assert page.box.input_value() == original
    page.press("Alt+3")
    page.press("Alt+9")
    page.wait_for_values({"caption": [original], "decision": ["reject"], "reason": ["other"]})
    markup = "<img src=x onerror=alert(1)> <b>bold</b>"
    page.box.fill(markup)
    expect(page.panel.locator(".annotate-rv-layer")).to_contain_text(markup)
    assert page.panel.locator("img[src=x], b:text('bold')").count() == 0


def test_nothing_is_submitted_without_a_complete_decision(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "tell"))
    page.choose_language("en")
    status = page.panel.locator(".annotate-rv-status")
    submit = page.page.get_by_test_id("bottombar-submit-button")
    for keys, message in (
        ([], "accept, fix or reject"),
        (["Alt+2"], "Nothing is changed"),
        (["Alt+3"], "Choose one reason"),
    ):
        for key in keys:
            page.press(key)
        page.press("Control+Enter")
        expect(status).to_contain_text(message)
        submit.click()
        expect(status).to_contain_text(message)
    page.box.fill("")
    page.press("Alt+1")
    page.press("Control+Enter")
    expect(status).to_contain_text("restore the text, or reject it")
    expect(page.page.locator(".ant-modal:visible")).to_have_count(0)


def test_a_word_shows_its_pointer_position_and_can_be_played(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "merely"))
    page.hover_word("cat,")
    point = page.panel.locator(".annotate-rv-point")
    expect(point).to_be_visible()
    assert page.panel.locator(".annotate-rv-point:visible, .annotate-rv-dot").count() == 1
    expect(page.panel.locator(".annotate-rv-facts")).to_contain_text(re.compile(r"cat,.*% sure"))
    expect(page.panel.locator(".annotate-rv-heard.annotate-rv-now")).to_contain_text("cat")
    page.press("Alt+k")
    expect(page.button("play")).to_have_attribute("aria-pressed", "true")
    first = page.panel.locator(".annotate-rv-layer .annotate-rv-word.annotate-rv-now")
    before = first.get_attribute("data-token")
    expect(first).not_to_have_attribute("data-token", str(before))  # playback moves on
    page.press("Alt+k")
    expect(page.button("play")).to_have_attribute("aria-pressed", "false")
    page.click_word("whole")
    expect(page.button("play")).to_have_attribute("aria-pressed", "false")  # played to its end


def test_a_key_steps_through_doubtful_sentences_and_shows_the_reasons(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    page = open_review()
    page.open_task(review_project, pushed.task_with(review_project, "merely"))
    doubt = page.panel.locator(".annotate-rv-doubt")
    expect(doubt).to_contain_text("Doubtful: 1 of 2")
    expect(doubt).to_contain_text("isn't sure of:")
    seen = []
    for _ in range(2):
        page.press("Alt+n")
        seen.append(page.page.evaluate("() => getSelection().toString()"))
    assert sorted(seen) == ["merely", "sleeping"]
    expect(page.panel.locator(".annotate-rv-mark")).to_have_count(2)


def test_a_task_without_valid_review_data_can_be_reviewed(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    task = pushed.task_with(review_project, "rowed")
    data = pushed.label_studio.task_data(review_project)[task]
    for review in (None, {"version": 2}, {**data["review"], "words": [["x"]]}):
        pushed.label_studio.change_task(task, {**data, "review": review})
        page = open_review()
        page.open_task(review_project, task)
        expect(page.box).to_have_value(data["caption"])
        expect(page.panel.locator(".annotate-rv-transcript").first).not_to_be_empty()
        page.press("Alt+1")
        page.expect_choice("accept")


def test_an_adjudicator_sees_both_earlier_decisions_and_can_take_over_a_text(
    open_review: OpenReview, review_project: int, pushed: PushedCaptions
) -> None:
    task = pushed.task_with(review_project, "merely")
    data = pushed.label_studio.task_data(review_project)[task]
    other = data["caption"].replace("merely", "nearly")
    differ = [{"decision": "accept", "text": data["caption"]}, {"decision": "fix", "text": other}]
    pushed.label_studio.change_task(task, {**data, "earlier": [*differ, {"decision": "x"}, None]})
    page = open_review()
    page.open_task(review_project, task)
    shown = page.panel.locator(".annotate-rv-earlier li")
    expect(shown).to_have_count(2)
    expect(shown.nth(1)).to_contain_text("nearly")
    shown.nth(1).get_by_role("button").click()
    expect(page.box).to_have_value(other)
    page.expect_choice("fix")
