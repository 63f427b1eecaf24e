"""Alignment heads: the cross-attention heads from which word times are computed.

openai-whisper publishes them for its own checkpoints. For other weights they come from the files
beside the weights, or from the published checkpoint with the same dimensions: fine-tuning rarely
changes which heads follow the audio.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import whisper

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint

Pairs = tuple[tuple[int, int], ...]
Source = Literal["given", "published", "config", "same_dimensions", "default"]
"""`given`: by the settings; `published`: openai-whisper's table, by the hash of the weights;
`config`: the configuration beside the weights; `same_dimensions`: as those of the published
checkpoint with these dimensions; `default`: all heads of the upper half of the decoder's layers, as
in openai-whisper."""

_SAME: Mapping[tuple[int, int, int, int, bool], str] = {
    # mels, encoder layers, decoder layers, heads of a layer, multilingual
    (80, 4, 4, 6, False): "tiny.en",
    (80, 4, 4, 6, True): "tiny",
    (80, 6, 6, 8, False): "base.en",
    (80, 6, 6, 8, True): "base",
    (80, 12, 12, 12, False): "small.en",
    (80, 12, 12, 12, True): "small",
    (80, 24, 24, 16, False): "medium.en",
    (80, 24, 24, 16, True): "medium",
    (80, 32, 32, 20, True): "large-v2",
    (128, 32, 32, 20, True): "large-v3",
    (128, 32, 4, 20, True): "turbo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentHeads:
    """Pairs of a decoder layer and a head, both from 0, and where they come from."""

    heads: Pairs
    source: Source

    def as_option(self) -> dict[str, Any]:
        """Plain values, for the options of a transcript."""
        return {"source": self.source, "heads": [list(pair) for pair in self.heads]}


def parse(text: str) -> Pairs:
    """Alignment heads as in the settings, `3:1,4:2`: a layer and a head of each."""
    pairs = (part.split(":") for part in text.split(","))
    return tuple(sorted({(int(layer), int(head)) for layer, head in pairs}))


def choose(
    checkpoint: Checkpoint, dims: Any, config: object = None, given: str | None = None
) -> AlignmentHeads:
    """The alignment heads of a checkpoint, from the first source that has them.

    Args:
        dims: A `whisper.model.ModelDimensions`.
        config: `alignment_heads` of the configuration beside the weights, if it has any.
        given: From the settings, as text.

    Raises:
        AnnotateError: If a layer or a head does not exist.
    """
    if given is not None:
        return AlignmentHeads(
            heads=_checked(parse(given), dims, "--alignment-heads"), source="given"
        )
    published = {url.split("/")[-2]: name for name, url in whisper._MODELS.items()}
    if name := published.get(checkpoint.sha256):
        return AlignmentHeads(heads=_of_table(name, dims), source="published")
    if config is not None and config != []:
        where = f"alignment_heads of {checkpoint.name}'s configuration"
        return AlignmentHeads(heads=_checked(_pairs(config, where), dims, where), source="config")
    if name := _SAME.get(_shape(dims)):
        return AlignmentHeads(heads=_of_table(name, dims), source="same_dimensions")
    upper = range(dims.n_text_layer // 2, dims.n_text_layer)
    pairs = tuple((layer, head) for layer in upper for head in range(dims.n_text_head))
    return AlignmentHeads(heads=pairs, source="default")


def apply(network: Any, chosen: AlignmentHeads) -> None:
    """Set the alignment heads of a `whisper.model.Whisper`."""
    mask = np.zeros((network.dims.n_text_layer, network.dims.n_text_head), dtype=bool)
    mask[tuple(np.array(chosen.heads).T)] = True
    network.set_alignment_heads(base64.b85encode(gzip.compress(mask.tobytes())))


def _of_table(name: str, dims: Any) -> Pairs:
    """openai-whisper's published heads: a compressed mask of layers and heads."""
    packed = gzip.decompress(base64.b85decode(whisper._ALIGNMENT_HEADS[name]))
    mask = np.frombuffer(packed, dtype=bool).reshape(dims.n_text_layer, dims.n_text_head)
    return tuple((int(layer), int(head)) for layer, head in np.argwhere(mask))


def _shape(dims: Any) -> tuple[int, int, int, int, bool]:
    multilingual = dims.n_vocab >= 51865
    return (
        dims.n_mels,
        dims.n_audio_layer,
        dims.n_text_layer,
        dims.n_text_head,
        multilingual,
    )


def _pairs(config: object, where: str) -> Pairs:
    pairs: list[Any] = config if isinstance(config, list) else [config]
    if not all(_is_pair(pair) for pair in pairs):
        raise AnnotateError(f"{where} are not pairs of a layer and a head: remove them there")
    return tuple(sorted({(pair[0], pair[1]) for pair in pairs}))


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(type(one) is int for one in pair)


def _checked(heads: Iterable[tuple[int, int]], dims: Any, where: str) -> Pairs:
    for layer, head in heads:
        if not (0 <= layer < dims.n_text_layer and 0 <= head < dims.n_text_head):
            raise AnnotateError(
                f"{where}: there is no head {layer}:{head}; the decoder has layers 0 to "
                f"{dims.n_text_layer - 1} with heads 0 to {dims.n_text_head - 1}"
            )
    return tuple(heads)
