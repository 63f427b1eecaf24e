"""Recordings with true word times, synthesized for the benchmarks."""

from itertools import pairwise

import numpy as np
import pytest

from annotate.evaluation.word_starts import contexts, hesitations
from annotate.media.audio import RATE
from benchmarks.spoken_truth import (
    DEMO_VOICES,
    HESITANT,
    PAUSES_MS,
    WITH_NUMBERS,
    SpokenRecording,
    demo_recordings,
    with_hesitations,
    with_numbers,
)


@pytest.fixture(scope="module")
def recording() -> SpokenRecording:
    (found,) = with_hesitations(DEMO_VOICES[:1])
    return found


def test_each_sentence_has_its_hesitation_and_the_given_pause(recording: SpokenRecording) -> None:
    assert hesitations(recording.words) == 2 * len(HESITANT)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(recording.words))
    assert recording.words[-1].end_ms <= len(recording.samples) * 1000 // RATE
    found = contexts(recording.words)
    after = [context for context in found if context in ("hesitation", "hesitation, pause")]
    assert len(after) == 2 * len(HESITANT)
    without = sum(pause == 0 for pause in PAUSES_MS) / len(PAUSES_MS)
    assert after.count("hesitation") == round(without * len(after))


def test_sound_is_where_the_words_are(recording: SpokenRecording) -> None:
    levels = {
        word: np.sqrt(np.mean(recording.samples[word.start_ms * 16 : word.end_ms * 16] ** 2))
        for word in recording.words
    }
    quiet = np.sqrt(np.mean(recording.samples[: recording.words[0].start_ms * 16] ** 2))
    assert min(levels.values()) > 3 * quiet


def test_numbers_are_single_words_in_the_truth() -> None:
    (recording,) = with_numbers(DEMO_VOICES[:1])
    written = [word.text for word in recording.words if any(map(str.isdigit, word.text))]
    assert written[:3] == ["$1,250.00", "25%", "3.5"]
    assert len(recording.words) == sum(len(sentence.split()) for sentence in WITH_NUMBERS)


def test_the_demos_recordings_have_their_voice_and_words() -> None:
    (recording,) = demo_recordings(1)
    assert recording.name == "astronaut-01"
    assert recording.voice == "en-us+f2"
    assert recording.words[0].text == "okay"
