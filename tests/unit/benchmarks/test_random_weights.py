"""openai-whisper and CTranslate2 decode random weights to the same number of tokens.

The tests use a network that is smaller than any of Whisper's sizes.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
import whisper
from whisper.model import AudioEncoder, ModelDimensions, TextDecoder, Whisper

from annotate.recognizers.ctranslate2_conversion import write
from benchmarks.recognizers.random_weights import SIZES, dimensions, save, weights
from benchmarks.recognizers.report import TIMESTAMPS
from tests.sounds import spoken

TOKENS = 17


@pytest.fixture(scope="module")
def network() -> Whisper:
    dims = ModelDimensions(
        n_mels=128,
        n_audio_ctx=1500,
        n_audio_state=64,
        n_audio_head=2,
        n_audio_layer=1,
        n_vocab=51866,
        n_text_ctx=448,
        n_text_state=64,
        n_text_head=2,
        n_text_layer=2,
    )
    random_network = Whisper(dims)
    random_network.load_state_dict(weights(dims, TOKENS))
    return random_network.eval()


def test_stock_decodes_the_given_number_of_tokens_in_every_window(network: Whisper) -> None:
    result: dict[str, Any] = whisper.transcribe(
        network,
        spoken(start_s=0.0, end_s=65.0),
        temperature=(0.0,),
        condition_on_previous_text=False,
        word_timestamps=True,
        language="en",
        fp16=False,
    )
    assert [segment["seek"] for segment in result["segments"]] == [0, 3000, 6000]
    assert [len(segment["tokens"]) for segment in result["segments"]] == [TOKENS] * 3
    assert [len(segment["words"]) for segment in result["segments"]] == [TOKENS - TIMESTAMPS] * 3


@pytest.mark.parametrize("compute_type", ["float32", "int8"])
def test_faster_whisper_decodes_the_same_number(
    network: Whisper, tmp_path: Path, compute_type: str
) -> None:
    import faster_whisper

    write(network, tmp_path)
    model = faster_whisper.WhisperModel(str(tmp_path), device="cpu", compute_type=compute_type)
    segments, _ = model.transcribe(
        spoken(start_s=0.0, end_s=65.0),
        temperature=0.0,
        beam_size=1,
        condition_on_previous_text=False,
        word_timestamps=True,
        language="en",
    )
    assert [(segment.seek, len(segment.tokens)) for segment in segments] == [
        (0, TOKENS),
        (3000, TOKENS),
        (6000, TOKENS),
    ]


def test_an_impossible_number_of_tokens_is_rejected(tmp_path: Path) -> None:
    for tokens in (2, 221):
        with pytest.raises(ValueError, match="from 3 to 220 tokens"):
            save("tiny", tokens, tmp_path)
    with pytest.raises(ValueError, match="no size 'huge': one of tiny"):
        save("huge", 10, tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_sizes_have_as_many_parameters_as_whisper_s(size: str) -> None:
    dims = dimensions(size)
    # The same figures as on openai-whisper's list of models, in millions of parameters.
    millions = {"tiny": 39, "base": 74, "small": 244, "medium": 769, "large-v3": 1550, "turbo": 809}
    audio = (dims.n_audio_ctx, dims.n_audio_state, dims.n_audio_head, dims.n_audio_layer)
    text = (dims.n_text_ctx, dims.n_text_state, dims.n_text_head, dims.n_text_layer)
    with torch.device("meta"):  # without allocating memory
        halves = [AudioEncoder(dims.n_mels, *audio), TextDecoder(dims.n_vocab, *text)]
    count = sum(weights.numel() for half in halves for weights in half.parameters())
    assert count / 1e6 == pytest.approx(millions[size], rel=0.06)
