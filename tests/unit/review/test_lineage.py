"""Lineage of edited captions, also in text without spaces between words."""

import pytest

from annotate.review.lineage import changed_frac, reattach


def lineage(*words, gap=""):
    entries, at = [], 0
    for index, word in enumerate(words):
        entries.append(
            {"start_char": at, "end_char": at + len(word), "kind": "spoken", "word": index}
        )
        at += len(word) + len(gap)
    return gap.join(words), entries


def written(text, edited, entries):
    return [
        (edited[one["start_char"] : one["end_char"]], one["word"])
        for one in reattach(text, entries, edited)
    ]


def test_an_unchanged_text_has_the_same_lineage():
    for words in (
        ("壁", "は", "白い", "です。"),
        ("「犬」", "が", "iPhone", "を"),
        ("สุ", "นัข", "สีดำ"),
    ):
        text, entries = lineage(*words)
        assert reattach(text, entries, text) == entries


@pytest.mark.parametrize(
    ("edited", "unchanged"),
    [
        ("壁は赤いです。", [("壁", 0), ("は", 1), ("赤", None), ("い", None), ("です。", 3)]),
        ("この壁は白いです。", [("この", None), ("壁", 0), ("は", 1), ("白い", 2), ("です。", 3)]),
        ("壁は白いです", [("壁", 0), ("は", 1), ("白い", 2), ("です", 3)]),
        ("", []),
    ],
)
def test_an_edit_of_unspaced_text_changes_only_the_lineage_of_edited_words(edited, unchanged):
    text, entries = lineage("壁", "は", "白い", "です。")
    found = written(text, edited, entries)
    assert "".join(part for part, _ in found) == edited
    assert [(part, word) for part, word in found if word is not None] == [
        one for one in unchanged if one[1] is not None
    ]


def test_in_spaced_text_words_are_separated_by_spaces():
    text, entries = lineage("a", "hard-working", "cat", gap=" ")
    assert written(text, "A hard-working, black cat", entries) == [
        ("A", 0),
        ("hard-working,", 1),
        ("black", None),
        ("cat", 2),
    ]


def test_a_changed_combining_vowel_is_an_edit():
    text, entries = lineage("की", "बिल्ली", gap=" ")
    assert written(text, "का बिल्ली", entries) == [("का", None), ("बिल्ली", 1)]


def test_the_changed_fraction_is_of_characters_in_unspaced_text():
    assert changed_frac("壁は白いです", "壁は赤いです") == pytest.approx(1 / 6)
    assert changed_frac("a white wall", "a red wall") == pytest.approx(1 / 3)
