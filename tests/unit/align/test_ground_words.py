from annotate.align.ground_words import tie_words
from annotate.align.options import AlignOptions
from annotate.model.pointer import Trace, TracePoint
from annotate.model.speech import Word
from tests.builders import words


def tied(text, trace=None):
    spoken = [Word(**word) for word in words(text)]
    return tie_words(spoken, trace or Trace(), language="en", options=AlignOptions())


def test_phrases_have_their_words_and_times():
    phrase = tied("there is a white helmet behind").phrases[0]
    assert (phrase.first_word, phrase.end_word, phrase.text) == (2, 5, "a white helmet")
    assert (phrase.start_ms, phrase.end_ms) == (600, 1500)


def test_without_a_trace_nothing_is_grounded():
    narration = tied("a cat on a sofa")
    assert {word.tie for word in narration.words} == {"none"}
    assert {(phrase.tie, phrase.x_frac, phrase.confidence) for phrase in narration.phrases} == {
        ("none", None, 0.0)
    }


def test_a_click_grounds_a_phrase_and_its_words():
    trace = Trace(
        points=(
            TracePoint(x_frac=0.1, y_frac=0.2, t_ms=310),
            TracePoint(x_frac=0.8, y_frac=0.9, t_ms=1400),
        )
    )
    narration = tied("a cat on a sofa", trace)
    assert [phrase.x_frac for phrase in narration.phrases] == [0.1, 0.8]
    assert [word.x_frac for word in narration.words] == [0.1, 0.1, None, 0.8, 0.8]


def test_an_empty_transcript_is_accepted():
    assert tied("").words == tied("").phrases == ()
