import pytest

from annotate.model.speech import text_of
from annotate.recognizers.word_pieces import Fragment, words_of


def fragments(*texts, each_ms=100):
    return [
        Fragment(text=text, start_ms=at * each_ms, end_ms=(at + 1) * each_ms, probability=0.5)
        for at, text in enumerate(texts)
    ]


def spans(words):
    return [(word.text, word.start_ms, word.end_ms) for word in words]


def test_a_fragment_without_a_leading_space_continues_the_previous_word():
    words = words_of(fragments(" hard", "-working", " man"), "en", segment=3, window=1)
    assert spans(words) == [("hard-working", 0, 200), ("man", 200, 300)]
    assert {(word.segment, word.window, word.space_before) for word in words} == {(3, 1, True)}


def test_punctuation_has_no_duration_but_spoken_signs_do():
    assert spans(words_of(fragments(" yes", "?!"), "en", segment=0)) == [("yes?!", 0, 100)]
    assert spans(words_of(fragments(" \u201c", "Yes"), "en", segment=0)) == [
        ("\u201cYes", 100, 200)
    ]
    assert spans(words_of(fragments(" 50", "%"), "en", segment=0)) == [("50%", 0, 200)]


def test_a_fragment_with_an_inner_space_is_two_words_that_divide_its_time():
    words = words_of(fragments(" - Hello you"), "en", segment=0)
    assert spans(words) == [("-", 0, 0), ("Hello", 0, 62), ("you", 62, 100)]


def test_the_first_word_of_a_segment_has_a_space_before_it():
    first, second = (words_of(fragments("Hello."), "en", segment=at)[0] for at in (0, 1))
    assert text_of([first, second]) == "Hello. Hello."


def test_in_unspaced_languages_fragments_are_words_with_their_punctuation():
    words = words_of(
        fragments("「", "犬", "」", "が", "。", " ", "ก", "\u0e34", "5", "%"), "ja", segment=0
    )
    assert [word.text for word in words] == ["「犬」", "が。", "กิ", "5%"]
    assert [word.space_before for word in words] == [False, False, True, False]
    assert text_of(words) == "「犬」が。 กิ5%"


def test_the_probability_is_the_mean_weighted_by_length():
    parts = [
        Fragment(text=" hard", start_ms=0, end_ms=1, probability=1.0),
        Fragment(text="-tack", start_ms=1, end_ms=2, probability=0.6),
    ]
    (word,) = words_of(parts, "en", segment=0)
    assert word.probability == round((4 * 1.0 + 5 * 0.6) / 9, 6)


def test_whitespace_alone_gives_no_words():
    assert words_of(fragments(" ", "", "  "), "en", segment=0) == []
    assert words_of([], "ja", segment=0) == []


@pytest.mark.parametrize(
    "parts",
    [
        "น้ ำ",
        "ດ ຳ",
        "ｶ ﾞ",
        "🇯 🇵",
        "🏴 \U000e0067 \U000e0062",
        "👍 🏽",
        "👩 \u200d 🚀",
        "န္ တ",
        "葛 \U000e0100",
    ],
)
def test_one_character_to_a_reader_is_never_divided(parts):
    (word,) = words_of(fragments(*parts.split()), "ja", segment=0)
    assert word.text == "".join(parts.split())


def test_every_two_regional_indicators_are_one_flag():
    words = words_of(fragments(*"犬🇯🇵🇺🇦🇯"), "ja", segment=0)
    assert [word.text for word in words] == ["犬", "🇯🇵", "🇺🇦", "🇯"]
