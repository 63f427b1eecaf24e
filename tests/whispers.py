"""Builders for recognizers: windows of real speech, and networks with random weights."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from whisper.model import ModelDimensions, Whisper

from annotate.media.audio import Samples
from annotate.model.ids import sha256_hex
from annotate.model.speech import Span
from annotate.recognizers.batched_whisper.batcher import PendingRecording, WindowTask
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.recognizers.vad import speech_spans
from annotate.transcribe.windows import windows
from benchmarks.recognizers.hugging_face import hugging_face_name
from tests.builders import rec
from tests.sounds import spoken


def an_input(
    name: str = "astronaut-01",
    start_s: float = 0.0,
    end_s: float = 12.0,
    language: str | None = "en",
) -> RecognizerInput:
    """A part of a demo recording, cut into windows like in the pipeline."""
    samples = spoken(name, start_s, end_s)
    found = speech_spans(samples, ActivityOptions())
    return RecognizerInput(
        recording_id=rec(f"{name} {start_s} {end_s}"),
        samples=samples,
        windows=windows(found, len(samples) // 16),
        language=language,
        speech=found,
    )


def a_task(samples: Samples, language: str | None = "en", attempt: int = 0) -> WindowTask:
    """A task of one window, which is a whole recording."""
    window = Span(start_ms=0, end_ms=len(samples) // 16)
    speech = RecognizerInput(
        recording_id=rec("job"), samples=samples, windows=(window,), language=language
    )
    return WindowTask(PendingRecording(speech, language), window, attempt)


@cache
def random_weights(seed: int = 0, heads: int = 2, layers: int = 2) -> Whisper:
    """A tiny network with random weights; every engine must decode the same text with it."""
    torch.manual_seed(seed)
    width = 24 * heads
    dims = ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=width, n_audio_head=heads, n_audio_layer=1,
        n_vocab=51_865, n_text_ctx=448, n_text_state=width, n_text_head=heads, n_text_layer=layers,
    )  # fmt: skip
    network = Whisper(dims).eval()
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim > 1:
                weight.normal_(0, 0.3)
        network.encoder.positional_embedding.normal_(0, 0.3)
    return network


def save(network: Whisper, path: Path) -> Checkpoint:
    """Save a network as a checkpoint in openai-whisper's format."""
    torch.save({"dims": vars(network.dims), "model_state_dict": network.state_dict()}, path)
    return Checkpoint(name=path.name, path=path, sha256=sha256_hex(path.read_bytes()))


def save_hugging_face(
    network: Whisper, folder: Path, heads: list[list[int]] | None = None, **config: Any
) -> Path:
    """Write a network as a model folder in Hugging Face's format.

    Args:
        heads: Alignment heads in `generation_config.json`; without them there is no such file.
        config: Other values of fields of `config.json`.
    """
    from safetensors.torch import save_file

    dims = network.dims
    described = {
        **{"model_type": "whisper", "activation_function": "gelu", "scale_embedding": False},
        **{"d_model": dims.n_text_state, "vocab_size": dims.n_vocab, "num_mel_bins": dims.n_mels},
        **{"encoder_layers": dims.n_audio_layer, "decoder_layers": dims.n_text_layer},
        "encoder_attention_heads": dims.n_audio_head,
        "decoder_attention_heads": dims.n_text_head,
        "max_source_positions": dims.n_audio_ctx,
        "max_target_positions": dims.n_text_ctx,
        **config,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(described))
    if heads is not None:
        (folder / "generation_config.json").write_text(json.dumps({"alignment_heads": heads}))
    weights = {
        f"model.{hugging_face_name(name)}": tensor.contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    return folder
