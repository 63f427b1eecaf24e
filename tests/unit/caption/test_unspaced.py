"""Captions of unspaced (Japanese) text, and rows of older lakes without `space_before`."""

import pytest

from annotate.caption.compose import Narration, compose
from annotate.model.narration import NarratedWord
from annotate.model.speech import joining, text_of
from tests.builders import img, narrated, rec

PIECES = ["壁", "は", "白い", "です。", "犬", "が", "い", "ます。"]


def word_rows():
    rows = [row for text in PIECES for row in narrated(text)]
    return [
        {**row, "start_ms": at * 300, "end_ms": at * 300 + 300, "space_before": False}
        for at, row in enumerate(rows)
    ]


def test_a_caption_of_unspaced_text_has_one_lineage_entry_per_word():
    narrated = tuple(NarratedWord(**row) for row in word_rows())
    one = Narration(recording_id=rec(), status="pass", language="ja", words=narrated)
    caption = compose(img(), [one])
    assert caption.text == "壁は白いです。犬がいます。"
    spans = [caption.text[entry.start_char : entry.end_char] for entry in caption.lineage]
    assert spans == PIECES
    assert [entry.word for entry in caption.lineage] == list(range(len(PIECES)))


@pytest.mark.parametrize("space_before", [None, True, False])
def test_words_without_space_before_are_separated_by_spaces(space_before):
    rows = [{**row, "space_before": space_before} for row in narrated("a cat")]
    joined_text = text_of([NarratedWord(**joining(row)) for row in rows])
    assert joined_text == ("acat" if space_before is False else "a cat")
    del rows[0]["space_before"]
    assert NarratedWord(**joining(rows[0])).space_before
