"""Conversion of CTranslate2's files to openai-whisper's format (tools/whisper_base)."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from annotate.recognizers.checkpoints import find
from annotate.recognizers.ctranslate2_conversion import converted
from annotate.recognizers.ctranslate2_reader import read_variables
from annotate.recognizers.loading import load

sys.path.append(str(Path(__file__).parents[3] / "tools" / "whisper_base"))

from openai_weights import openai_checkpoint


def test_conversion_there_and_back_changes_nothing(tmp_path: Path) -> None:
    """The demo's weights as a CTranslate2 model, and back."""
    network = load(find("demo"), "cpu").network
    model = converted(find("demo"), tmp_path) / "model.bin"
    checkpoint = openai_checkpoint(read_variables(model))
    assert checkpoint["dims"] == vars(network.dims)
    expected = network.state_dict()
    assert checkpoint["model_state_dict"].keys() == expected.keys()
    for name, tensor in checkpoint["model_state_dict"].items():
        assert torch.equal(tensor, expected[name].half()), name
