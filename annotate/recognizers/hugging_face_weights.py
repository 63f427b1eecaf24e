"""Weights of a Whisper model in Hugging Face's format, under openai-whisper's names.

Both formats hold the same tensors: only names differ, and the output projection is the token
embedding, which Hugging Face's format may hold twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from whisper.model import ModelDimensions

from annotate.model.errors import AnnotateError
from annotate.recognizers import model_folders

_VOCABULARIES = (51864, 51865, 51866)
"""Numbers of tokens of the English-only, the multilingual and the large-v3 checkpoints."""

_FIXED = {
    "num_mel_bins": (80, 128),
    "max_source_positions": (1500,),
    "max_target_positions": (448,),
}
"""Sizes that Whisper's code assumes: log-mel channels, and positions of audio and of text."""

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

_SIZES = {
    "n_mels": "num_mel_bins",
    "n_audio_ctx": "max_source_positions",
    "n_audio_state": "d_model",
    "n_audio_head": "encoder_attention_heads",
    "n_audio_layer": "encoder_layers",
    "n_vocab": "vocab_size",
    "n_text_ctx": "max_target_positions",
    "n_text_state": "d_model",
    "n_text_head": "decoder_attention_heads",
    "n_text_layer": "decoder_layers",
}

_NAMES = (
    (r"^model\.", ""),
    (r"^encoder\.embed_positions\.weight$", "encoder.positional_embedding"),
    (r"^decoder\.embed_positions\.weight$", "decoder.positional_embedding"),
    (r"^decoder\.embed_tokens\.", "decoder.token_embedding."),
    (r"^encoder\.layer_norm\.", "encoder.ln_post."),
    (r"^decoder\.layer_norm\.", "decoder.ln."),
    (r"\.layers\.", ".blocks."),
    (r"\.self_attn_layer_norm\.", ".attn_ln."),
    (r"\.encoder_attn_layer_norm\.", ".cross_attn_ln."),
    (r"\.final_layer_norm\.", ".mlp_ln."),
    (r"\.self_attn\.", ".attn."),
    (r"\.encoder_attn\.", ".cross_attn."),
    (r"\.q_proj\.", ".query."),
    (r"\.k_proj\.", ".key."),
    (r"\.v_proj\.", ".value."),
    (r"\.out_proj\.", ".out."),
    (r"\.fc1\.", ".mlp.0."),
    (r"\.fc2\.", ".mlp.2."),
)

_OUTPUT, _EMBEDDING = "proj_out.weight", "decoder.token_embedding.weight"


def dimensions(folder: Path) -> ModelDimensions:
    """The dimensions in `config.json`.

    Raises:
        AnnotateError: If one is missing or impossible, or the architecture isn't Whisper's.
    """
    config = model_folders.read_json(folder / model_folders.CONFIG)
    found = {ours: config.get(theirs) for ours, theirs in _SIZES.items()}
    wrong = {_SIZES[name] for name, size in found.items() if type(size) is not int or size < 1}
    if wrong:
        names = ", ".join(sorted(wrong))
        raise AnnotateError(f"{folder}/config.json: {names} must be a positive number")
    for name, allowed in _FIXED.items():
        if config[name] not in allowed:
            expected = " or ".join(map(str, allowed))
            raise AnnotateError(f"{folder}/config.json: {name} is {config[name]}, not {expected}")
    if config.get("activation_function", "gelu") != "gelu" or config.get("scale_embedding"):
        raise AnnotateError(f"{folder}/config.json: the architecture differs from Whisper's")
    if found["n_vocab"] not in _VOCABULARIES:
        raise AnnotateError(
            f"{folder}/config.json: vocab_size is {found['n_vocab']}; only Whisper's own "
            f"vocabularies are supported, of {', '.join(map(str, _VOCABULARIES))} tokens"
        )
    return ModelDimensions(**found)


def alignment_heads(folder: Path) -> object:
    """`alignment_heads` of `generation_config.json`, as it is there; None if there is none."""
    path = folder / model_folders.GENERATION_CONFIG
    return model_folders.read_json(path).get("alignment_heads") if path.is_file() else None


def state_dict(folder: Path) -> dict[str, Tensor]:
    """The weights by openai-whisper's names.

    Raises:
        AnnotateError: If a file is damaged, or the output projection isn't the token embedding.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    for name in model_folders.weight_files(folder):
        try:
            weights |= load_file(folder / name)
        except (SafetensorError, OSError) as error:
            raise AnnotateError(f"{folder / name} is damaged: {error}") from error
    return _renamed(weights, folder)


def _renamed(weights: Mapping[str, Tensor], folder: Path) -> dict[str, Tensor]:
    renamed = {_openai_name(name): tensor for name, tensor in weights.items()}
    if len(renamed) < len(weights):
        raise AnnotateError(f"{folder} has some weights twice, under two names")
    if other := {str(one.dtype) for one in weights.values() if one.dtype not in _DTYPES}:
        raise AnnotateError(
            f"{folder} has weights of {', '.join(sorted(other))}: quantized models are not "
            "supported; save it in float32, float16 or bfloat16"
        )
    output, embedding = renamed.pop(_OUTPUT, None), renamed.get(_EMBEDDING)
    if embedding is None and output is not None:  # tied weights are stored once, under one name
        renamed[_EMBEDDING] = output
    elif output is not None and embedding is not None and not torch.equal(output, embedding):
        raise AnnotateError(
            f"{folder}: its output projection is not its token embedding, as in Whisper"
        )
    return renamed


def _openai_name(name: str) -> str:
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return name


def load(folder: Path) -> tuple[Any, dict[str, Tensor]]:
    """Dimensions and weights of the folder's model, which fit each other.

    Raises:
        AnnotateError: If the configuration or the weights are damaged or don't fit each other. A
            network of the configuration's size is allocated only if the weights have that size.
    """
    dims, weights = dimensions(folder), state_dict(folder)
    width, expected = dims.n_audio_state, _shapes(dims)
    for name, shape in expected.items():
        found = tuple(weights[name].shape) if name in weights else None
        if found != shape:
            raise AnnotateError(
                f"{folder}: {name} has the shape {found}; by config.json it must be {shape}"
            )
    for side, layers in (("encoder", dims.n_audio_layer), ("decoder", dims.n_text_layer)):
        blocks = {name.split(".")[2] for name in weights if name.startswith(f"{side}.blocks.")}
        if len(blocks) != layers:
            raise AnnotateError(f"{folder}: {len(blocks)} {side} layers, {layers} by config.json")
    if width % dims.n_audio_head or width % dims.n_text_head:
        raise AnnotateError(f"{folder}/config.json: the heads don't divide d_model ({width})")
    return dims, weights


def _shapes(dims: ModelDimensions) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights that determine the network's size."""
    return {
        "encoder.conv1.weight": (dims.n_audio_state, dims.n_mels, 3),
        "encoder.positional_embedding": (dims.n_audio_ctx, dims.n_audio_state),
        "decoder.positional_embedding": (dims.n_text_ctx, dims.n_text_state),
        _EMBEDDING: (dims.n_vocab, dims.n_text_state),
    }
