"""Checkpoints are loaded with all that is known of them."""

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


def test_published_weights_watch_the_heads_that_were_published_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights of `tiny` aren't at hand: a network of its layers and heads stands in for them,
    as if its hash were the published one."""
    checkpoint = save(random_weights(heads=6, layers=4), tmp_path / "mine.pt")
    assert load(checkpoint, "cpu").alignment_heads.indices().shape[1] == 12  # the upper half
    published = f"https://example.org/{checkpoint.sha256}/tiny.pt"
    monkeypatch.setitem(whisper._MODELS, "tiny", published)
    heads = load(checkpoint, "cpu").alignment_heads.indices().T.tolist()
    assert heads == [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]


def in_language(language: str | None) -> RecognizerInput:
    return RecognizerInput(recording_id=rec("a"), samples=silence(1), windows=(), language=language)


@pytest.mark.parametrize(
    ("asked_for", "of_the_recording", "expected"),
    [
        (None, "de", "de"),
        ("fr", "de", "fr"),
        ("fr", None, "fr"),
        (None, None, None),
        (None, "en-US", None),  # a manifest may say anything
        (None, "yue", None),  # not among the 99 of the earlier checkpoints
    ],
)
def test_a_language_that_the_network_does_not_know_is_detected(
    asked_for: str | None, of_the_recording: str | None, expected: str | None
) -> None:
    known = known_languages(random_weights())
    assert len(known) == 99
    decoding = DecodingOptions(language=asked_for)
    assert given_language(in_language(of_the_recording), decoding, known) == expected


def test_english_is_all_that_an_english_network_hears() -> None:
    assert given_language(in_language("de"), DecodingOptions(language="fr"), ("en",)) == "en"
