"""The benchmark of voice activity: its changes of recordings, and its figures."""

from dataclasses import replace

import numpy as np
import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers.options import ActivityOptions
from benchmarks.recognizers.report import TimedWord
from benchmarks.spoken_truth import SpokenRecording
from benchmarks.voice_activity import babble, measure, quieter, show, white, with_noise
from tests.sounds import spoken

WORDS = (TimedWord("okay", 695, 1_282), TimedWord("so", 1_497, 1_748))


def recording(name: str = "one", level: float = 1.0) -> SpokenRecording:
    return SpokenRecording(name, "a voice", spoken("astronaut-01", 0, 3) * np.float32(level), WORDS)


def power(samples: np.ndarray) -> float:
    return float(np.mean(samples.astype(np.float64) ** 2))


def test_quieter_samples_are_rounded_to_16_bits() -> None:
    one = recording()
    found = quieter(-20, one)
    assert power(found) / power(one.samples) == pytest.approx(0.01, rel=0.01)
    assert np.array_equal(found * 32_768, np.rint(found * 32_768))


@pytest.mark.parametrize("snr_db", [20, 5])
def test_noise_has_the_ratio_to_the_words_and_is_the_same_each_time(snr_db: float) -> None:
    one = recording(level=0.3)
    found = with_noise(white, snr_db, one)
    assert np.array_equal(found, with_noise(white, snr_db, one))
    said = np.concatenate([one.samples[word.start_ms * 16 : word.end_ms * 16] for word in WORDS])
    ratio = power(said) / power(found - one.samples)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.1)


def test_loud_noise_does_not_clip() -> None:
    assert np.abs(with_noise(white, -20, recording())).max() <= 1.0


def test_babble_is_other_recordings() -> None:
    one, other = recording("one"), replace(recording("other"), samples=spoken("cat-01", 0, 2))
    found = babble([one, other], one)
    assert len(found) == len(one.samples)
    assert np.array_equal(found[: 2 * 16_000], other.samples)
    with pytest.raises(AnnotateError, match="raise --limit"):
        babble([one], one)


def test_words_outside_speech_are_counted() -> None:
    one = recording()
    silent = replace(one, samples=np.zeros_like(one.samples))
    found = measure([one, silent], ActivityOptions(), None)
    assert (found.words, found.outside, found.lost) == (4, 2, None)


def test_the_table_has_a_row_for_each_condition(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"words": 4, "outside": 2, "outside_share": 0.5, "lost": None, "missed_inside": None}
    show({"figures": [{"group": "noise", "name": "white, 5 dB", **figures}]})
    assert "noise: white, 5 dB" in capsys.readouterr().out
