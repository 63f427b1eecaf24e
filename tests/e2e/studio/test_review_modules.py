"""The review panel's JavaScript modules on their own, and that alignment agrees with Python."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from annotate.review.lineage import reattach
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import REV

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
WORDS = [
    *("a", "the", "cat", "Cat,", "cat.", "sofa", "on", "it's", "3.5", "-5", "35", "&", "red."),
    *("\u2014", "\u201csofa\u201d", "\u0642\u0637\u0629"),
]
UNSPACED = "\u0e41\u0e21\u0e27\u0e19\u0e31\u0e48\u0e07 \u732b\u304c\u5ea7\u308b\u3002"

ALIGN = """async (pairs) => {
  const { align } = await import("/annotate/static/review_word_alignment.js");
  return pairs.map(([text, words, edited]) =>
    align(text, words, edited).map(({ start, end, origin }) => [start, end, origin !== null]));
}"""

DECIDE = """async (steps) => {
  const { Decision } = await import("/annotate/static/review_decision.js");
  const decision = new Decision(null, []);
  return steps.map(([name, ...rest]) => {
    decision[name](...rest);
    return [decision.choice, decision.lacking];
  });
}"""

READ = """async (tasks) => {
  const { readTask } = await import("/annotate/static/review_data.js");
  const { Words } = await import("/annotate/static/review_words.js");
  return tasks.map((data) => {
    const task = readTask(data);
    return new Words(task).of(task.text).length;
  });
}"""


DOUBT = """async (data) => {
  const { readTask } = await import("/annotate/static/review_data.js");
  const { Words } = await import("/annotate/static/review_words.js");
  const task = readTask(data);
  const words = new Words(task);
  const tokens = words.of(task.text);
  return [tokens.map(({ corrected }) => corrected),
          words.doubtful(tokens, task.text).map(({ doubts }) => doubts.map(({ code }) => code))];
}"""


def edits(seed: int) -> tuple[str, list[dict[str, Any]], str]:
    """A random text, the spans of its words, and the text after a few edits."""
    rng = random.Random(seed)
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 25)))
    chars = list(text)
    for _ in range(rng.randint(0, 5)):
        at = rng.randint(0, len(chars))
        if rng.random() < 0.5:
            chars[at:at] = rng.choice([" new", "x", " ", "!"])
        else:
            del chars[at : at + rng.randint(1, 6)]
    return text, spans(text, r"\S+"), "".join(chars)


def spans(text: str, unit: str) -> list[dict[str, Any]]:
    return [{"start": m.start(), "end": m.end()} for m in re.finditer(unit, text)]


def collected(text: str, words: list[dict[str, Any]], edited: str) -> list[list[Any]]:
    """Spans of the edited text by `reattach`, and whether each is a spoken word."""
    lineage = [
        {"start_char": word["start"], "end_char": word["end"], "kind": "spoken"} for word in words
    ]
    return [
        [entry["start_char"], entry["end_char"], entry["kind"] == "spoken"]
        for entry in reattach(text, lineage, edited)
    ]


def test_alignment_in_the_page_agrees_with_collection(open_as: Open) -> None:
    pairs = [edits(seed) for seed in range(300)]
    joined = UNSPACED * 3
    for cut in range(0, len(joined), 2):
        pairs.append((joined, spans(joined, r"\S"), joined[:cut] + "\u0e43" + joined[cut + 1 :]))
    results = open_as(REV).page.evaluate(ALIGN, pairs)
    for pair, aligned in zip(pairs, results, strict=True):
        expected = collected(*pair)
        assert [one[:2] for one in aligned] == [one[:2] for one in expected], pair
        assert sum(one[2] for one in aligned) == sum(one[2] for one in expected), pair


def test_the_choice_follows_edits_of_the_text(open_as: Open) -> None:
    steps = [
        (["edited", False, False], [None, "lack_choice"]),
        (["edited", True, False], ["fix", None]),
        (["edited", False, False], [None, "lack_choice"]),
        (["choose", "accept"], ["accept", None]),
        (["edited", True, False], ["fix", None]),
        (["choose", "accept"], ["fix", None]),
        (["edited", True, True], ["fix", "lack_text"]),
        (["choose", "reject"], ["reject", "lack_reason"]),
        (["giveReason", "wrong"], ["reject", None]),
        (["choose", "fix"], ["fix", "lack_text"]),
    ]
    results = open_as(REV).page.evaluate(DECIDE, [step for step, _ in steps])
    assert results == [expected for _, expected in steps]


def test_malformed_review_data_is_ignored(open_as: Open) -> None:
    """Malformed or missing review data still gives the words of the caption."""
    review = {"version": 1, "voices": [], "words": [], "sentences": []}
    tasks: list[Any] = [
        None,
        {},
        {"caption": 5, "narration": 5, "verdicts": {}, "review": []},
        {"caption": "a b", "review": {**review, "words": [[0, 9, "edited"]]}},
        {"caption": "a b", "review": {**review, "words": [[2, 3, "x"], [0, 1, "x"]]}},
        {"caption": "a b", "review": {**review, "words": [[0, 1, 0, 0]]}},
        {"caption": "a b", "review": {**review, "sentences": [[0, 9, []]]}},
        {"caption": "a b", "narration": [None, {"text": 1}, {"text": "x", "author": "y"}]},
        {"caption": "a \U0001f600 b", "review": {**review, "words": [[0, 1, "x"], [4, 5, "x"]]}},
    ]
    assert open_as(REV).page.evaluate(READ, tasks) == [0, 0, 0, 2, 2, 2, 2, 2, 3]


def test_a_word_corrected_by_its_annotator_is_not_doubtful(open_as: Open) -> None:
    words = [[" merely", 0, 200, 20], [" wood", 200, 400, 20]]
    voice = {"who": "ann", "start": 0, "end": 400, "words": words}
    review = {
        **{"version": 1, "voices": [{**voice, "path": [], "clicks": [], "doubts": []}]},
        **{"words": [[0, 6, 0, 0, "edited"], [7, 11, 0, 1]]},
        "sentences": [[0, 1, []], [1, 2, [["loop"]]]],
    }
    results = open_as(REV).page.evaluate(DOUBT, {"caption": "nearly wood", "review": review})
    assert results == [[True, False], [["unsure", "loop"]]]
