"""Random weights of Whisper's sizes that decode to a fixed number of tokens per window.

For measuring speed where real weights aren't available. Three of the decoder's dimensions are
reserved: only the positional embedding writes to them, and only the tokens that end a window and
the suppressed ones read them. So greedy decoding outputs one timestamp, random words, the timestamp
30.00 and the end of text, `tokens` before the end of text, in every unmodified engine. After the
last timestamp, engines continue with the next window and not within this one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import get_tokenizer

SIZES = {
    # name: mels, tokens, encoder (width, heads, layers), decoder layers
    "tiny": (80, 51865, 384, 6, 4, 4),
    "base": (80, 51865, 512, 8, 6, 6),
    "small": (80, 51865, 768, 12, 12, 12),
    "medium": (80, 51865, 1024, 16, 24, 24),
    "large-v3": (128, 51866, 1280, 20, 32, 32),
    "turbo": (128, 51866, 1280, 20, 32, 4),
}
"""The sizes of openai-whisper's multilingual checkpoints."""

END, LAST, NEVER = 0, 1, 2
"""The reserved dimensions: end of text, last timestamp, tokens that are never output."""
WORD = re.compile(rb" [a-z]{2,}")
"""Tokens that may be output: each a complete word, so that tokens can be counted as words."""
MAGNITUDE = 20.0
"""The values in the reserved dimensions, far above those in other dimensions."""
MAX_TOKENS = 220
"""The largest number of tokens per window; Whisper's own limit is 224."""


def dimensions(size: str) -> ModelDimensions:
    """The dimensions of one of `SIZES`."""
    mels, vocabulary, width, heads, encoder, decoder = SIZES[size]
    return ModelDimensions(
        n_mels=mels,
        n_audio_ctx=1500,
        n_audio_state=width,
        n_audio_head=heads,
        n_audio_layer=encoder,
        n_vocab=vocabulary,
        n_text_ctx=448,
        n_text_state=width,
        n_text_head=heads,
        n_text_layer=decoder,
    )


def weights(dims: ModelDimensions, tokens: int) -> dict[str, torch.Tensor]:
    """State dict of `whisper.model.Whisper`, float16; `tokens` includes both timestamps.

    Raises:
        ValueError: If the number of tokens is out of range.
    """
    if not 3 <= tokens <= MAX_TOKENS:
        raise ValueError(f"from 3 to {MAX_TOKENS} tokens fit a window, not {tokens}")
    torch.manual_seed(0)
    network = Whisper(dims)
    state: dict[str, torch.Tensor] = network.state_dict()
    for name, value in state.items():
        if name != "encoder.positional_embedding":
            _fill(name, value)
    _write_positions(state["decoder.positional_embedding"], network, tokens)
    _read_tokens(state["decoder.token_embedding.weight"], network)
    state["decoder.ln.weight"][: NEVER + 1] = 4.0  # large enough to survive rounding to 8 bits
    return {name: value.half() for name, value in state.items()}


def save(size: str, tokens: int, folder: Path) -> Path:
    """Write such weights as an openai-whisper checkpoint; returns its path.

    Raises:
        ValueError: If the size is unknown or the number of tokens is out of range.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}: one of {', '.join(SIZES)}")
    dims = dimensions(size)
    path = folder / f"random-{size}-{tokens}.pt"
    torch.save({"dims": vars(dims), "model_state_dict": weights(dims, tokens)}, path)
    return path


def _fill(name: str, value: torch.Tensor) -> None:
    """Random values that preserve the signal's magnitude; 0 for the reserved dimensions."""
    layer_norm = name.rsplit(".", 2)[-2].endswith(("_ln", "ln", "ln_post"))
    if name.endswith("bias"):
        value.zero_()
    elif layer_norm:
        value.fill_(1.0)
    else:
        value.normal_(0.0, 0.5 if name == "decoder.positional_embedding" else 0.02)
    if name.startswith("decoder.blocks") and name.endswith(("out.weight", "mlp.2.weight")):
        value[: NEVER + 1] = 0.0


def _write_positions(positions: torch.Tensor, network: Any, tokens: int) -> None:
    prompt = len(get_tokenizer(network.is_multilingual).sot_sequence)
    end = prompt - 1 + tokens  # the position after all of them
    positions[:, END] = -MAGNITUDE
    positions[end:, END] = MAGNITUDE
    positions[:, LAST] = -MAGNITUDE
    positions[end - 1, LAST] = MAGNITUDE
    positions[:, NEVER] = -MAGNITUDE


def _read_tokens(embedding: torch.Tensor, network: Any) -> None:
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    ranks: dict[bytes, int] = tokenizer.encoding._mergeable_ranks
    word_ids = [rank for token, rank in ranks.items() if WORD.fullmatch(token)]
    embedding[:, : NEVER + 1] = 0.0
    embedding[:, NEVER] = 1.0
    embedding[word_ids, NEVER] = 0.0
    for token, dimension in ((tokenizer.eot, END), (len(embedding) - 1, LAST)):
        embedding[token, NEVER] = 0.0
        embedding[token, dimension] = 1.0
