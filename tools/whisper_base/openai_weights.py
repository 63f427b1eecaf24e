"""Variables of a CTranslate2 Whisper model under openai-whisper's names, in float16."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from annotate.recognizers.ctranslate2_reader import Variables

HEAD_WIDTH = 64


def openai_checkpoint(variables: Variables) -> dict[str, Any]:
    """The dictionary that `whisper.load_model` reads: `dims` and `model_state_dict`."""
    state = _State(variables)
    layers = {side: state.layers(side) for side in ("encoder", "decoder")}
    for side, count in layers.items():
        for index in range(count):
            _layer(state, side, index)
    _ends(state)
    return {"dims": _dimensions(state.weights, layers), "model_state_dict": state.weights}


class _State:
    """openai-whisper's weights so far, and the variables that they come from."""

    def __init__(self, variables: Variables):
        self._variables = variables
        self.weights: dict[str, Tensor] = {}

    def layers(self, side: str) -> int:
        """The number of layers of the encoder or the decoder."""
        prefix = f"{side}/layer_"
        names = (
            name[len(prefix) :].partition("/")[0] for name in self._variables if prefix in name
        )
        return len({name for name in names if name.isdigit()})

    def tensor(self, name: str) -> Tensor:
        """A variable in float16."""
        return torch.from_numpy(self._variables[name].astype(np.float16))

    def linear(self, name: str, variable: str) -> None:
        """A weight matrix, or the kernel of a convolution, with its bias."""
        self.weights[f"{name}.weight"] = self.tensor(f"{variable}/weight")
        self.weights[f"{name}.bias"] = self.tensor(f"{variable}/bias")

    def norm(self, name: str, variable: str) -> None:
        """A layer norm."""
        self.weights[f"{name}.weight"] = self.tensor(f"{variable}/gamma")
        self.weights[f"{name}.bias"] = self.tensor(f"{variable}/beta")

    def split(self, name: str, variable: str, parts: tuple[str, ...]) -> None:
        """Projections that are one matrix in CTranslate2; Whisper's keys have no bias."""
        weights = self.tensor(f"{variable}/weight").chunk(len(parts))
        biases = self.tensor(f"{variable}/bias").chunk(len(parts))
        for part, weight, bias in zip(parts, weights, biases, strict=True):
            self.weights[f"{name}.{part}.weight"] = weight.clone()
            if part != "key":
                self.weights[f"{name}.{part}.bias"] = bias.clone()


def _layer(state: _State, side: str, index: int) -> None:
    block, layer = f"{side}.blocks.{index}", f"{side}/layer_{index}"
    state.norm(f"{block}.attn_ln", f"{layer}/self_attention/layer_norm")
    state.split(f"{block}.attn", f"{layer}/self_attention/linear_0", ("query", "key", "value"))
    state.linear(f"{block}.attn.out", f"{layer}/self_attention/linear_1")
    if side == "decoder":
        state.norm(f"{block}.cross_attn_ln", f"{layer}/attention/layer_norm")
        state.linear(f"{block}.cross_attn.query", f"{layer}/attention/linear_0")
        state.split(f"{block}.cross_attn", f"{layer}/attention/linear_1", ("key", "value"))
        state.linear(f"{block}.cross_attn.out", f"{layer}/attention/linear_2")
    state.norm(f"{block}.mlp_ln", f"{layer}/ffn/layer_norm")
    state.linear(f"{block}.mlp.0", f"{layer}/ffn/linear_0")
    state.linear(f"{block}.mlp.2", f"{layer}/ffn/linear_1")


def _ends(state: _State) -> None:
    for name in ("conv1", "conv2"):
        state.linear(f"encoder.{name}", f"encoder/{name}")
    state.norm("encoder.ln_post", "encoder/layer_norm")
    state.norm("decoder.ln", "decoder/layer_norm")
    for side in ("encoder", "decoder"):
        positions = state.tensor(f"{side}/position_encodings/encodings")
        state.weights[f"{side}.positional_embedding"] = positions
    state.weights["decoder.token_embedding.weight"] = state.tensor("decoder/embeddings/weight")


def _dimensions(weights: dict[str, Tensor], layers: dict[str, int]) -> dict[str, int]:
    width, mels, _ = weights["encoder.conv1.weight"].shape
    return {
        "n_mels": mels,
        "n_audio_ctx": len(weights["encoder.positional_embedding"]),
        "n_audio_state": width,
        "n_audio_head": width // HEAD_WIDTH,
        "n_audio_layer": layers["encoder"],
        "n_vocab": len(weights["decoder.token_embedding.weight"]),
        "n_text_ctx": len(weights["decoder.positional_embedding"]),
        "n_text_state": width,
        "n_text_head": width // HEAD_WIDTH,
        "n_text_layer": layers["decoder"],
    }
