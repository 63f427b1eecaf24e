"""Properties of the lineage of edited captions, and of the agreement of two reviewers."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.review.agreement import kappa
from annotate.review.lineage import changed_frac, reattach

WORDS = st.sampled_from(
    ["a", "A", "cat", "cat,", "Cat.", "sofa", "red", "\u2014", "...", "2", "été"]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
ANYTHING = st.text(max_size=60)
SPAN = ("start_char", "end_char")


def lineage_of(text: str) -> list[dict[str, Any]]:
    found, start_char = [], 0
    for index, word in enumerate(text.split()):
        start_char = text.index(word, start_char)
        found.append(
            {
                "start_char": start_char,
                "end_char": start_char + len(word),
                "kind": "spoken",
                "recording_id": "rec_0000000000000000",
                "word": index,
                "start_ms": index * 100,
                "end_ms": index * 100 + 100,
                "x_frac": 0.5,
                "y_frac": None,
            }
        )
        start_char += len(word)
    return found


def plain(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum()) or word


@given(TEXTS, st.one_of(TEXTS, ANYTHING))
def test_every_word_of_an_edited_caption_has_one_entry_that_matches_the_text(
    text: str, edited: str
) -> None:
    entries = reattach(text, lineage_of(text), edited)
    assert [edited[one["start_char"] : one["end_char"]] for one in entries] == edited.split()


@given(TEXTS, TEXTS)
def test_remaining_words_have_their_exact_lineage_and_other_words_have_none(
    text: str, edited: str
) -> None:
    before = lineage_of(text)
    by_word = {one["word"]: one for one in before}
    remaining = []
    for one in reattach(text, before, edited):
        rest = {key: value for key, value in one.items() if key not in (*SPAN, "kind")}
        if one["kind"] == "edited":
            assert set(rest.values()) == {None}
            continue
        old = by_word[one["word"]]
        assert {**one, **{key: old[key] for key in SPAN}} == old
        was, now = (
            line[entry["start_char"] : entry["end_char"]]
            for line, entry in ((text, old), (edited, one))
        )
        assert plain(was) == plain(now)
        remaining.append(one["word"])
    assert remaining == sorted(set(remaining))


@given(TEXTS)
def test_an_unchanged_caption_keeps_its_whole_lineage(text: str) -> None:
    assert reattach(text, lineage_of(text), text) == lineage_of(text)


@given(TEXTS, TEXTS, st.integers(0, 12))
def test_an_inserted_word_changes_the_lineage_of_no_other_word(
    text: str, other: str, index: int
) -> None:
    words = text.split()
    edited = " ".join([*words[:index], f"new{len(other)}", *words[index:]])
    entries = reattach(text, lineage_of(text), edited)
    assert [one["kind"] for one in entries].count("edited") == 1


@given(TEXTS, TEXTS)
def test_the_changed_fraction_is_the_same_from_both_sides(one: str, other: str) -> None:
    assert 0 <= changed_frac(one, other) <= 1
    assert changed_frac(one, other) == changed_frac(other, one)
    assert changed_frac(one, one) == 0


CHOICES = st.sampled_from(["accept", "fix", "reject"])


@given(st.lists(st.tuples(CHOICES, CHOICES), min_size=1))
def test_kappa_is_between_minus_one_and_one(pairs: list[tuple[str, str]]) -> None:
    first, second = zip(*pairs, strict=True)
    found = kappa(first, second)
    assert found is None or -1 <= found <= 1 + 1e-9
    if first == second:
        assert found in (None, 1)
