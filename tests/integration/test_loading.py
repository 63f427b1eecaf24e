"""Loading of checkpoints: alignment heads and languages."""

from pathlib import Path

import pytest
import whisper

from annotate.recognizers.loading import given_language, known_languages, load
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from tests.builders import rec
from tests.sounds import silence
from tests.whispers import random_weights, save

pytestmark = pytest.mark.integration


def test_published_weights_have_their_published_alignment_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights of the dimensions of `tiny`, whose hash is registered as that of `tiny`."""
    checkpoint = save(random_weights(heads=6, layers=4), tmp_path / "mine.pt")
    assert load(checkpoint, "cpu").alignment_heads.indices().shape[1] == 12  # the upper half
    published = f"https://example.org/{checkpoint.sha256}/tiny.pt"
    monkeypatch.setitem(whisper._MODELS, "tiny", published)
    heads = load(checkpoint, "cpu").alignment_heads.indices().T.tolist()
    assert heads == [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]


def in_language(language: str | None) -> RecognizerInput:
    return RecognizerInput(recording_id=rec("a"), samples=silence(1), windows=(), language=language)


@pytest.mark.parametrize(
    ("option", "recording_language", "expected"),
    [
        (None, "de", "de"),
        ("fr", "de", "fr"),
        ("fr", None, "fr"),
        (None, None, None),
        (None, "en-US", None),  # a manifest may have any text
        (None, "yue", None),  # not among the 99 of the earlier checkpoints
    ],
)
def test_a_language_that_the_network_does_not_have_is_detected(
    option: str | None, recording_language: str | None, expected: str | None
) -> None:
    languages = known_languages(random_weights())
    assert len(languages) == 99
    decoding = DecodingOptions(language=option)
    assert given_language(in_language(recording_language), decoding, languages) == expected


def test_an_english_only_network_always_gets_english() -> None:
    assert given_language(in_language("de"), DecodingOptions(language="fr"), ("en",)) == "en"
