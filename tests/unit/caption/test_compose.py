from annotate.caption.compose import Narration, compose
from annotate.model.caption import Lineage
from annotate.model.narration import NarratedWord
from tests.builders import img, narrated, rec


def narration(text, name="a", language="en", **over):
    words = tuple(NarratedWord(**word) for word in narrated(text, **over))
    return Narration(recording_id=rec(name), status="pass", language=language, words=words)


def test_every_word_has_its_recording_its_time_and_its_place():
    caption = compose(img(), [narration("um a dog,", x_frac=0.25, y_frac=0.5, tie="trace")])
    assert caption.text == "A dog."
    place = {"kind": "spoken", "recording_id": rec("a"), "x_frac": 0.25, "y_frac": 0.5}
    assert caption.lineage == (
        Lineage(start_char=0, end_char=1, word=1, start_ms=300, end_ms=600, **place),
        Lineage(start_char=2, end_char=6, word=2, start_ms=600, end_ms=900, **place),
    )


def test_recordings_are_those_that_gave_a_word():
    narrations = [
        narration("A red boat.", "a"),
        narration("Um, okay.", "b"),
        narration("Hills.", "c"),
    ]
    assert compose(img(), narrations).recordings == (rec("a"), rec("c"))


def test_nothing_usable_is_an_empty_text():
    caption = compose(img(), [narration("um, okay so")])
    assert (caption.text, caption.lineage, caption.recordings) == ("", (), ())


def test_another_language_keeps_its_words():
    assert compose(img(), [narration("um carro", language="pt")]).text == "Um carro."
