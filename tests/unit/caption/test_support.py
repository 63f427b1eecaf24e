"""The faithfulness check, against captions that were tampered with after they were composed."""

from dataclasses import asdict

import polars as pl
import pytest

from annotate.caption.compose import Narration, compose
from annotate.caption.support import unsupported_words
from annotate.model.narration import NarratedWord
from annotate.model.tables import Captions, Transcripts
from tests.builders import a_transcript, frame, img, narrated, rec

SAID = "um, a red boat near two hills"


@pytest.fixture
def transcripts():
    return frame(Transcripts, [a_transcript(SAID), a_transcript("a green tree", name="other")])


def caption(**over):
    words = tuple(NarratedWord(**word) for word in narrated(SAID))
    said = Narration(recording_id=rec("a"), status="pass", language="en", words=words)
    row = {**asdict(compose(img(), [said])), "caption_id": f"cap_{'0' * 16}", **over}
    return frame(Captions, [row])


def with_entry(at, **over):
    lineage = caption()["lineage"].to_list()[0]
    lineage[at] = {**lineage[at], **over}
    return caption(lineage=lineage)


def found(captions, transcripts):
    return [(word.text, word.why) for word in unsupported_words(captions, transcripts)]


def test_a_composed_caption_is_borne_out(transcripts):
    assert caption()["text"].item() == "A red boat near two hills."
    assert found(caption(), transcripts) == []


def test_a_word_that_nobody_said_of_this_image_is_found(transcripts):
    tampered = caption(text="A red tree near two hills.")
    assert found(tampered, transcripts) == [("tree", "not_said")]


def test_a_word_whose_lineage_points_at_another_is_found(transcripts):
    assert found(with_entry(1, word=3), transcripts) == [("red", "wrong_word")]


@pytest.mark.parametrize("word", [None, -1, 99])
def test_a_word_whose_lineage_points_nowhere_is_found(transcripts, word):
    assert found(with_entry(1, word=word), transcripts) == [("red", "wrong_word")]


def test_a_word_without_lineage_is_found(transcripts):
    tampered = caption(text="A red boat near two hills. Truly.")
    assert found(tampered, transcripts) == [("Truly.", "no_lineage")]


def rewritten(text):
    spans, start_char = [], 0
    for word in text.split():
        spans.append({"start_char": start_char, "end_char": start_char + len(word)})
        start_char += len(word) + 1
    nowhere = dict.fromkeys(("recording_id", "word", "start_ms", "end_ms", "x_frac", "y_frac"))
    lineage = [{**span, "kind": "synthetic", **nowhere} for span in spans]
    return caption(text=text, lineage=lineage)


def test_a_rewriter_may_add_glue_but_no_content(transcripts):
    assert found(rewritten("It is a red boat with two hills."), transcripts) == []
    assert found(rewritten("It is a big boat."), transcripts) == [("big", "not_said")]


def test_what_a_person_wrote_is_that_persons(transcripts):
    lineage = caption()["lineage"].to_list()[0]
    lineage[2] = {**lineage[2], "kind": "edited", "recording_id": None, "word": None}
    assert found(caption(text="A red ship near two hills.", lineage=lineage), transcripts) == []


def test_an_image_whose_transcript_is_missing_is_not_borne_out(transcripts):
    words = unsupported_words(caption(), transcripts.filter(pl.lit(False)))
    assert [word.why for word in words] == ["wrong_word", *["not_said"] * 5]
