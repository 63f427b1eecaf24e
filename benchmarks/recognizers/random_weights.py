"""Weights of Whisper's sizes that say nothing, at exactly the length that is asked for.

For speed alone, where real weights can't be had. Three of the decoder's dimensions are set aside:
nothing but the position is written into them, and nothing but the ends of a window is read out of
them. So greedy decoding says one timestamp, words at random, the timestamp 30.00 and the end of
text, `tokens` in all before the end, in every engine alike and with no engine changed. The last
timestamp lets each of them go on at the next window instead of somewhere within this one.
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
"""The dimensions set aside: the end of text, the last timestamp, and what is never said."""
WORD = re.compile(rb" [a-z]{2,}")
"""Tokens that may be said: each a word of its own, so that tokens can be counted by words."""
LOUD = 20.0
"""What is written into them: far above anything that the layers write elsewhere."""
LONGEST = 220
"""Whisper itself stops a window at 224 tokens."""


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
    """A state of `whisper.model.Whisper`, float16: `tokens` a window, both timestamps counted.

    Raises:
        ValueError: If no window can have so many tokens.
    """
    if not 3 <= tokens <= LONGEST:
        raise ValueError(f"from 3 to {LONGEST} tokens fit a window, not {tokens}")
    torch.manual_seed(0)
    network = Whisper(dims)
    state: dict[str, torch.Tensor] = network.state_dict()
    for name, value in state.items():
        if name != "encoder.positional_embedding":
            _fill(name, value)
    _write_positions(state["decoder.positional_embedding"], network, tokens)
    _read_tokens(state["decoder.token_embedding.weight"], network)
    state["decoder.ln.weight"][: NEVER + 1] = 4.0  # told apart even after rounding to 8 bits
    return {name: value.half() for name, value in state.items()}


def save(size: str, tokens: int, folder: Path) -> Path:
    """Write such weights as a checkpoint of openai-whisper's; its path.

    Raises:
        ValueError: If the size isn't known or no window can have so many tokens.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}: one of {', '.join(SIZES)}")
    dims = dimensions(size)
    path = folder / f"random-{size}-{tokens}.pt"
    torch.save({"dims": vars(dims), "model_state_dict": weights(dims, tokens)}, path)
    return path


def _fill(name: str, value: torch.Tensor) -> None:
    """Plain random values that keep the signal's size; none into the dimensions set aside."""
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
    end = prompt - 1 + tokens  # the position that has seen all of them
    positions[:, END] = -LOUD
    positions[end:, END] = LOUD
    positions[:, LAST] = -LOUD
    positions[end - 1, LAST] = LOUD
    positions[:, NEVER] = -LOUD


def _read_tokens(embedding: torch.Tensor, network: Any) -> None:
    tokenizer = get_tokenizer(network.is_multilingual, num_languages=network.num_languages)
    ranks: dict[bytes, int] = tokenizer.encoding._mergeable_ranks
    sayable = [rank for token, rank in ranks.items() if WORD.fullmatch(token)]
    embedding[:, : NEVER + 1] = 0.0
    embedding[:, NEVER] = 1.0
    embedding[sayable, NEVER] = 0.0
    for token, dimension in ((tokenizer.eot, END), (len(embedding) - 1, LAST)):
        embedding[token, NEVER] = 0.0
        embedding[token, dimension] = 1.0
