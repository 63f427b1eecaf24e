"""Conversion of an openai-whisper checkpoint to a CTranslate2 model, as faster-whisper reads it.

The layout is that of CTranslate2's own `WhisperSpec`; its converters read the same weights from
Hugging Face's format, which openai-whisper's files are not in. Needs the extra `ctranslate2`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from whisper.tokenizer import Tokenizer, get_tokenizer

from annotate.model.errors import AnnotateError
from annotate.recognizers.batched_whisper.logits_processor import suppressed_tokens
from annotate.recognizers.cache_folders import written_once
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_files import FEATURES, PREPROCESSOR
from annotate.recognizers.loading import load

VERSION = 2
"""Part of a converted model's name: raised when the written files change."""

Weights = Mapping[str, torch.Tensor]


def converted(checkpoint: Checkpoint, cache: Path | None = None) -> Path:
    """The folder of the checkpoint's CTranslate2 model, written on first use.

    Args:
        cache: Folder of converted models; by default in the user's cache folder.

    Raises:
        AnnotateError: If faster-whisper isn't installed, the file isn't a Whisper checkpoint, or
            the cache can't be written.
    """
    require()
    cache = cache or user_cache()
    folder = cache / f"{checkpoint.sha256}-{VERSION}"
    if folder.is_dir():
        return folder
    network = load(checkpoint, "cpu").network
    try:
        return written_once(folder, partial(write, network))
    except OSError as error:
        raise AnnotateError(
            f"cannot write the converted model to {folder} ({error}): "
            "free space there, or set XDG_CACHE_HOME to a writable folder"
        ) from error


def require() -> None:
    """Check that faster-whisper, and CTranslate2 and tokenizers with it, can be imported.

    Raises:
        AnnotateError: If it isn't installed.
    """
    try:
        import faster_whisper  # noqa: F401  # only checks that it is installed
    except ImportError as error:
        raise AnnotateError(
            "faster-whisper isn't installed: pip install 'annotate-aloud[ctranslate2]'"
        ) from error


def write(network: Any, folder: Path) -> None:
    """Write a `whisper.model.Whisper` as a CTranslate2 model with its tokenizer.

    Weights that float16 can represent exactly are stored as float16, in half the space;
    other weights as float32.
    """
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    spec = _spec(network, tokenizer)
    spec.validate()
    weights = network.state_dict().values()
    exact = all(torch.equal(weight.half().float(), weight.float()) for weight in weights)
    spec.optimize(quantization="float16" if exact else "float32")
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(tokenizer_file(tokenizer).to_str(), "utf-8")
    features = {**FEATURES, "feature_size": network.dims.n_mels}
    (folder / PREPROCESSOR).write_text(json.dumps(features, indent=2), "utf-8")


def tokenizer_file(tokenizer: Tokenizer) -> Any:
    """openai-whisper's vocabulary as a `tokenizers.Tokenizer`, with the same number for each token.

    tiktoken merges the adjacent pair whose union ranks first, whichever way the union is split; a
    byte-level BPE does the same when every split of a token is a merge of that token's rank.
    """
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers

    ranks: dict[bytes, int] = tokenizer.encoding._mergeable_ranks
    shown = {token: _shown(token) for token in ranks}
    merges = [
        (shown[token[:cut]], shown[token[cut:]])
        for token in sorted(ranks, key=ranks.__getitem__)
        for cut in range(1, len(token))
        if token[:cut] in ranks and token[cut:] in ranks
    ]
    vocabulary = {shown[token]: rank for token, rank in ranks.items()}
    made = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = sorted(tokenizer.special_tokens, key=tokenizer.special_tokens.__getitem__)
    made.add_special_tokens([tokenizers.AddedToken(text, special=True) for text in special])
    return made


def _spec(network: Any, tokenizer: Tokenizer) -> Any:
    from ctranslate2.specs.whisper_spec import WhisperSpec

    dims, weights = network.dims, network.state_dict()
    spec = WhisperSpec(dims.n_audio_layer, dims.n_audio_head, dims.n_text_layer, dims.n_text_head)
    spec.register_vocabulary(_vocabulary(tokenizer))
    _encoder(spec.encoder, weights)
    _decoder(spec.decoder, weights)
    config = spec.config
    config.suppress_ids = suppressed_tokens(tokenizer)
    config.suppress_ids_begin = [*tokenizer.encode(" "), tokenizer.eot]
    config.lang_ids = sorted(tokenizer.all_language_tokens) if network.is_multilingual else []
    config.alignment_heads = network.alignment_heads.indices().T.tolist()
    return spec


def _encoder(spec: Any, weights: Weights) -> None:
    for name, convolution in (("conv1", spec.conv1), ("conv2", spec.conv2)):
        _linear(convolution, weights, f"encoder.{name}")
    spec.position_encodings.encodings = weights["encoder.positional_embedding"]
    _norm(spec.layer_norm, weights, "encoder.ln_post")
    for index, layer in enumerate(spec.layer):
        block = f"encoder.blocks.{index}"
        _self_attention(layer.self_attention, weights, block)
        _feed_forward(layer.ffn, weights, block)


def _decoder(spec: Any, weights: Weights) -> None:
    spec.embeddings.weight = weights["decoder.token_embedding.weight"]
    spec.projection.weight = weights["decoder.token_embedding.weight"]
    spec.position_encodings.encodings = weights["decoder.positional_embedding"]
    _norm(spec.layer_norm, weights, "decoder.ln")
    for index, layer in enumerate(spec.layer):
        block = f"decoder.blocks.{index}"
        _self_attention(layer.self_attention, weights, block)
        _cross_attention(layer.attention, weights, block)
        _feed_forward(layer.ffn, weights, block)


def _self_attention(spec: Any, weights: Weights, block: str) -> None:
    _norm(spec.layer_norm, weights, f"{block}.attn_ln")
    _joined(spec.linear[0], weights, f"{block}.attn", ("query", "key", "value"))
    _linear(spec.linear[1], weights, f"{block}.attn.out")


def _cross_attention(spec: Any, weights: Weights, block: str) -> None:
    _norm(spec.layer_norm, weights, f"{block}.cross_attn_ln")
    _linear(spec.linear[0], weights, f"{block}.cross_attn.query")
    _joined(spec.linear[1], weights, f"{block}.cross_attn", ("key", "value"))
    _linear(spec.linear[2], weights, f"{block}.cross_attn.out")


def _feed_forward(spec: Any, weights: Weights, block: str) -> None:
    _norm(spec.layer_norm, weights, f"{block}.mlp_ln")
    _linear(spec.linear_0, weights, f"{block}.mlp.0")
    _linear(spec.linear_1, weights, f"{block}.mlp.2")


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _joined(spec: Any, weights: Weights, name: str, parts: tuple[str, ...]) -> None:
    """Several projections as one; Whisper's keys have no bias, which is a bias of zero."""
    matrices = [weights[f"{name}.{part}.weight"] for part in parts]
    none = torch.zeros(len(matrices[0]))
    spec.weight = torch.cat(matrices)
    spec.bias = torch.cat([weights.get(f"{name}.{part}.bias", none) for part in parts])


def _vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Every token as CTranslate2 writes it, in order of its number."""
    numbered = {rank: _shown(token) for token, rank in tokenizer.encoding._mergeable_ranks.items()}
    numbered |= {number: text for text, number in tokenizer.special_tokens.items()}
    return [numbered[number] for number in range(len(numbered))]


def _characters() -> dict[int, str]:
    """GPT-2's visible character for each byte: its own where there is one, else one past 255."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {
        byte: chr(256 + index) for index, byte in enumerate(hidden)
    }


_CHARACTERS = _characters()


def _shown(token: bytes) -> str:
    return "".join(_CHARACTERS[byte] for byte in token)


def user_cache() -> Path:
    """The folder of converted models."""
    base = Path(os.getenv("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    return base / "annotate-aloud" / "ctranslate2"
