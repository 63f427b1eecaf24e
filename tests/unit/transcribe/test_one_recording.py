"""A single recording has the same words as in the pipeline's stage.

With the real recognizer: tests/e2e/studio/test_second_look.py.
"""

from __future__ import annotations

import pytest

from annotate.media.audio import AudioBounds
from annotate.model.errors import RejectedError
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.speech import Word
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import RecognizerOutput
from annotate.transcribe.one_recording import prepare, timed
from tests.sounds import as_wav, spoken


def test_the_id_and_the_speech_are_those_in_a_lake() -> None:
    audio = as_wav(spoken(end_s=4.0))
    ready = prepare(audio, "en", AudioBounds(), ActivityOptions())
    assert ready.input.recording_id == recording_id(sha256_hex(audio))
    assert (ready.input.language, ready.duration_ms) == ("en", 4000)
    assert ready.input.speech


def test_word_times_of_the_recognizer_are_corrected() -> None:
    ready = prepare(as_wav(spoken(end_s=4.0)), None, AudioBounds(), ActivityOptions())
    rough = [
        Word(text=text, start_ms=start, end_ms=10**6, probability=0.5, segment=0)
        for text, start in (("a", 900), ("b", 700))
    ]
    output = RecognizerOutput(
        recording_id=ready.input.recording_id, language="en", segments=(), words=tuple(rough)
    )
    words = timed(output, ready)
    assert [word.text for word in words] == ["a", "b"]
    assert all(word.start_ms <= word.end_ms <= 4000 for word in words)
    assert words[0].end_ms <= words[1].start_ms


def test_anything_but_audio_is_rejected() -> None:
    with pytest.raises(RejectedError, match="not_audio"):
        prepare(b"no sound at all", "en", AudioBounds(), ActivityOptions())


def test_bounds_are_applied() -> None:
    with pytest.raises(RejectedError, match="too_long"):
        prepare(as_wav(spoken(end_s=4.0)), "en", AudioBounds(max_seconds=2), ActivityOptions())
