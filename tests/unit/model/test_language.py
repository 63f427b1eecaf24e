import pytest

from annotate.model.language import is_english, is_spaced, language_of
from annotate.transcribe.options import DecodingOptions


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("en-us-x-twain", "en"),
        (" en-AU ", "en"),
        ("eng", "en"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("zh-yue", "yue"),
        ("zh-Hans-CN", "zh"),
        ("sr_Latn", "sr"),
        ("iw", "he"),
        ("yue", "yue"),
        ("und", "und"),
    ],
)
def test_a_tag_names_a_language(tag, code):
    assert language_of(tag) == code
    assert DecodingOptions(language=tag).language == code


@pytest.mark.parametrize("tag", ["", "e", "English", "en US", "en-", "e1", "en.UTF-8", "日本"])
def test_what_is_no_tag_is_refused(tag):
    with pytest.raises(ValueError, match="a language is"):
        language_of(tag)
    assert (is_english(tag), is_spaced(tag)) == (False, True)


def test_languages_without_blanks_are_known_by_their_tags_too():
    assert [is_spaced(tag) for tag in ("ja-JP", "zh_TW", "th", "en-US", "ko")] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert is_english("EN-us")
