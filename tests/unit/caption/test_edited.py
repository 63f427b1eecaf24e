"""An annotator's text in place of a recognized word is in the caption, and no rule removes it."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.caption.compose import Narration, compose
from annotate.caption.disfluency import clean
from annotate.model.caption import Lineage
from annotate.model.narration import NarratedWord
from tests.builders import img, narrated, rec

TEXT = "a read boat lies on um the the beach. it is old."


def narrated_words(
    texts: dict[int, str], spoken: str = TEXT, **over: Any
) -> tuple[NarratedWord, ...]:
    return tuple(
        NarratedWord(**word, edited=texts.get(at))
        for at, word in enumerate(narrated(spoken, **over))
    )


def composed(texts: dict[int, str], spoken: str = TEXT, language: str = "en", **over: Any) -> str:
    one = Narration(
        recording_id=rec("a"),
        status="pass",
        language=language,
        words=narrated_words(texts, spoken, **over),
    )
    return compose(img(), [one]).text


def test_a_corrected_word_is_written_with_its_lineage() -> None:
    one = Narration(
        **{"recording_id": rec("a"), "status": "pass", "language": "en"},
        words=narrated_words({1: "red"}, x_frac=0.25, y_frac=0.5, tie="trace"),
    )
    caption = compose(img(), [one])
    assert caption.text == "A red boat lies on the beach. It is old."
    assert caption.lineage[1] == Lineage(
        **{"start_char": 2, "end_char": 5, "kind": "edited", "recording_id": rec("a"), "word": 1},
        **{"start_ms": 300, "end_ms": 600, "x_frac": 0.25, "y_frac": 0.5},
    )
    assert {one.kind for at, one in enumerate(caption.lineage) if at != 1} == {"spoken"}


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        ({1: "dark red"}, "A dark red boat lies on the beach. It is old."),
        ({0: "the"}, "The read boat lies on the beach. It is old."),
        ({1: ""}, "A boat lies on the beach. It is old."),
        ({4: "", 5: "", 6: "", 7: "", 8: ""}, "A read boat lies. It is old."),
        ({8: "shore."}, "A read boat lies on the shore. It is old."),
        ({0: "", 1: ""}, "Boat lies on the beach. It is old."),
        ({9: "", 10: "", 11: ""}, "A read boat lies on the beach."),
        ({2: "um"}, "A read um lies on the beach. It is old."),
        ({6: "the", 7: "the"}, "A read boat lies on the the beach. It is old."),
        ({1: "<b>red</b>"}, "A <b>red</b> boat lies on the beach. It is old."),
    ],
)
def test_corrected_words_are_in_the_caption_and_deleted_words_are_not(
    texts: dict[int, str], text: str
) -> None:
    assert composed(texts) == text


def test_a_caption_is_empty_if_every_word_is_deleted() -> None:
    assert composed(dict.fromkeys(range(12), "")) == ""


def test_a_corrected_word_is_used_despite_its_low_probability() -> None:
    assert composed({}, "read", probability=0.1) == ""
    assert composed({0: "red"}, "read", probability=0.1) == "Red."


def test_no_spaces_are_added_in_unspaced_text() -> None:
    words = tuple(
        NarratedWord(**{**word, "text": text}, space_before=False, edited=written)
        for word, text, written in zip(
            narrated("a b c"), ("壁", "は", "赤い"), (None, None, "青い"), strict=True
        )
    )
    one = Narration(recording_id=rec("a"), status="pass", language="ja", words=words)
    assert compose(img(), [one]).text == "壁は青い。"


def test_deleted_words_are_listed_as_removals() -> None:
    removed = {
        (one.first_word, one.end_word, one.why)
        for one in clean(narrated_words({1: "", 2: ""})).removals
    }
    assert (1, 3, "taken_out") in removed
    assert any(why == "filler" for _, _, why in removed)
