"""Conversion of CTranslate2's files to openai-whisper's format (tools/whisper_base)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from annotate.recognizers.checkpoints import find
from annotate.recognizers.ctranslate2_conversion import converted
from annotate.recognizers.loading import load

sys.path.append(str(Path(__file__).parents[3] / "tools" / "whisper_base"))

from ctranslate2_reader import read_variables
from openai_weights import openai_checkpoint


def test_conversion_there_and_back_changes_nothing(tmp_path: Path) -> None:
    """The demo's weights as a CTranslate2 model, and back."""
    network = load(find("demo"), "cpu").network
    with (converted(find("demo"), tmp_path) / "model.bin").open("rb") as file:
        checkpoint = openai_checkpoint(read_variables(file))
    assert checkpoint["dims"] == vars(network.dims)
    expected = network.state_dict()
    assert checkpoint["model_state_dict"].keys() == expected.keys()
    for name, tensor in checkpoint["model_state_dict"].items():
        assert torch.equal(tensor, expected[name].half()), name


@pytest.mark.parametrize("size", [0, 3, 40])
def test_a_truncated_file_is_an_error(tmp_path: Path, size: int) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x06\0\0\0\x03\0ab\0\x01\0\0\0\x01\0\0\0"[:size])
    with path.open("rb") as file, pytest.raises(Exception, match=r"unpack|requires|buffer"):
        read_variables(file)
