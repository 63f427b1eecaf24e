from annotate.caption.compose import Narration, compose
from annotate.model.caption import Lineage
from annotate.model.narration import NarratedWord
from tests.builders import img, narrated, rec


def narration(text, name="a", language="en", **over):
    words = tuple(NarratedWord(**word) for word in narrated(text, **over))
    return Narration(recording_id=rec(name), status="pass", language=language, words=words)


def test_every_word_has_a_recording_times_and_a_point():
    caption = compose(img(), [narration("um a dog,", x_frac=0.25, y_frac=0.5, tie="trace")])
    assert caption.text == "A dog."
    source = {"kind": "spoken", "recording_id": rec("a"), "x_frac": 0.25, "y_frac": 0.5}
    assert caption.lineage == (
        Lineage(start_char=0, end_char=1, word=1, start_ms=300, end_ms=600, **source),
        Lineage(start_char=2, end_char=6, word=2, start_ms=600, end_ms=900, **source),
    )


def test_recordings_without_a_word_in_the_caption_are_not_listed():
    narrations = [
        narration("A red boat.", "a"),
        narration("Um, okay.", "b"),
        narration("Hills.", "c"),
    ]
    assert compose(img(), narrations).recordings == (rec("a"), rec("c"))


def test_a_narration_of_only_fillers_gives_an_empty_caption():
    caption = compose(img(), [narration("um, okay so")])
    assert (caption.text, caption.lineage, caption.recordings) == ("", (), ())


def test_english_fillers_stay_in_other_languages():
    assert compose(img(), [narration("um carro", language="pt")]).text == "Um carro."
