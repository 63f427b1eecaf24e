"""The batched engine compared with openai-whisper on Whisper base's real weights.

`make parity` runs these tests: it makes the weights with `tools/whisper_base`. Arabic and
Japanese are spoken by espeak-ng; English is one of the demo's recordings.
"""

import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper

from annotate.media.audio import Samples
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.batched_whisper.window_decoder import WindowDecoder
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.loading import LoadedNetwork, load
from annotate.recognizers.options import DecodingOptions
from tests.sounds import spoken
from tests.whispers import a_task, an_input, save_hugging_face

sys.path.append(str(Path(__file__).parents[2] / "tools" / "demo_data"))

from speech import SAMPLE_RATE, Synthesizer, Voice

pytestmark = [pytest.mark.integration, pytest.mark.real_weights]

WEIGHTS = "ANNOTATE_WHISPER_BASE"
OF_BASE = [[3, 1], [4, 2], [4, 3], [4, 7], [5, 1], [5, 2], [5, 4], [5, 6]]
TEXTS = {
    "ar": "في الصورة رجل يقف أمام بيت أبيض، وعلى اليسار شجرة كبيرة وكرسي أحمر.",
    "ja": "しろい いえの まえに おとこの ひとが います。ひだりに おおきな きが あります。",
}


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return find(os.environ[WEIGHTS])


@pytest.fixture(scope="module")
def base(checkpoint: Checkpoint) -> LoadedNetwork:
    return load(checkpoint, "cpu")


@cache
def speech_in(language: str) -> Samples:
    """Some ten seconds of speech at 16 kHz."""
    if language == "en":
        return spoken("astronaut-01", 0.0, 14.0)
    voice = Voice(name=language, speed_wpm=140, pitch=50, pitch_range=50)
    samples = Synthesizer().synthesize(TEXTS[language], voice).samples
    step = SAMPLE_RATE // 16_000
    usable = samples[: len(samples) // step * step]
    return np.ascontiguousarray(usable.reshape(-1, step).mean(axis=1), dtype=np.float32)


@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_tokens_are_those_of_whisper_decode(base: LoadedNetwork, language: str) -> None:
    samples = speech_in(language)
    decoder = WindowDecoder(Network(base.network), DecodingOptions())
    (result,) = decoder.decode([a_task(samples, language)])
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))
    options = whisper.DecodingOptions(language=language, fp16=False)
    expected = whisper.decode(base.network, mel, options)
    assert list(result.hypothesis.tokens) == expected.tokens
    assert len(expected.tokens) > 10
    assert result.hypothesis.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)


def test_the_heads_are_those_published_for_base(base: LoadedNetwork) -> None:
    """The file's hash is not the published one's, but its dimensions are base's."""
    chosen = base.alignment_heads.as_option()
    assert chosen == {"source": "same_dimensions", "heads": OF_BASE}


def test_a_fine_tuned_folder_gives_the_tokens_and_times_of_the_checkpoint(
    base: LoadedNetwork, tmp_path: Path
) -> None:
    """Fine-tuned weights, as a `.pt` and as a folder in Hugging Face's format."""
    tuned = base.network
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in tuned.decoder.parameters():
            weight.mul_(1 + 0.002 * torch.randn_like(weight))
    state = {"dims": vars(tuned.dims), "model_state_dict": tuned.state_dict()}
    torch.save(state, tmp_path / "tuned.pt")
    folder = save_hugging_face(tuned, tmp_path / "tuned", OF_BASE)
    recording = an_input()
    outputs = []
    for path in (tmp_path / "tuned.pt", folder):
        engine = BatchedWhisper(find(str(path)), "cpu", DecodingOptions(temperatures=(0.0,)))
        outputs += engine.transcribe([recording])
    first, second = outputs
    assert len(first.words) > 10
    assert (first.segments, first.words) == (second.segments, second.words)
