import pytest

from annotate.caption.disfluency import clean
from annotate.ingest.manifest import ManifestRow
from annotate.model.language import is_english, is_spaced, language_of
from annotate.model.narration import NarratedWord
from annotate.recognizers.options import DecodingOptions
from annotate.recorder.protocol import parse_protocol
from tests.builders import narrated


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
def test_a_tag_is_mapped_to_a_language_code(tag, code):
    assert language_of(tag) == code
    assert DecodingOptions(language=tag).language == code


@pytest.mark.parametrize("tag", ["", "e", "English", "en US", "en-", "e1", "en.UTF-8", "日本"])
def test_an_invalid_tag_is_rejected(tag):
    with pytest.raises(ValueError, match="a language is"):
        language_of(tag)
    assert (is_english(tag), is_spaced(tag)) == (False, True)


def test_unspaced_languages_are_recognized_by_their_tags():
    assert [is_spaced(tag) for tag in ("ja-JP", "zh_TW", "th", "en-US", "ko")] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert is_english("EN-us")


@pytest.mark.parametrize("tag", ["en-US", "EN", "en_GB"])
def test_tags_in_manifests_and_protocols_are_stored_as_codes(tag):
    line = {
        "recording": "a.webm",
        "image": "a.jpg",
        "annotator": "ann-01",
        "language": tag,
        "consent": {"scope": "public", "statement": "v1"},
    }
    assert ManifestRow.model_validate(line).language == "en"
    recorder = f'<View><!-- annotate-protocol {{"language": "{tag}"}} --></View>'
    assert parse_protocol(recorder)["language"] == "en"
    words = [NarratedWord(**word) for word in narrated("um a the the dog")]
    assert [token.text for token in clean(words, tag).tokens] == ["a", "the", "dog"]
