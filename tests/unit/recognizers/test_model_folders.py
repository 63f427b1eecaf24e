"""Folders with a model: which format they have, their hash, and the errors."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers import hugging_face_weights
from annotate.recognizers.checkpoints import check, find
from annotate.recognizers.model_folders import format_of
from tests.whispers import random_weights, save_hugging_face


def a_folder(path: Path, files: dict[str, str]) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


WHISPER = json.dumps({"model_type": "whisper"})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"config.json": WHISPER, "model.safetensors": "w"}, "hugging_face"),
        ({"config.json": WHISPER, "model.safetensors.index.json": "{}"}, "hugging_face"),
        ({"config.json": "{}", "model.bin": "w"}, "ctranslate2"),
    ],
)
def test_the_format_of_a_folder(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    folder = a_folder(tmp_path / "model", files)
    assert format_of(folder) == expected
    check(str(folder))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "is a folder without a model"),
        ({"config.json": WHISPER}, "is a folder without a model"),
        ({"config.json": WHISPER, "pytorch_model.bin": "p"}, "only as a pickle, which can run"),
        ({"model.safetensors": "w"}, r"cannot read .*config\.json"),
        ({"config.json": "{", "model.safetensors": "w"}, r"config\.json is not JSON"),
        ({"config.json": "[]", "model.safetensors": "w"}, r"config\.json is not a JSON object"),
        (
            {"config.json": '{"model_type": "wav2vec2"}', "model.safetensors": "w"},
            "is not a Whisper model: its model_type is 'wav2vec2'",
        ),
    ],
)
def test_a_folder_without_a_usable_model_is_an_error(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    folder = a_folder(tmp_path / "model", files)
    for lookup in (check, find):
        with pytest.raises(AnnotateError, match=message):
            lookup(str(folder))


def test_the_hash_covers_every_file_that_determines_the_output(tmp_path: Path) -> None:
    files = {"config.json": WHISPER, "model.safetensors": "w", "generation_config.json": "{}"}
    folder = a_folder(tmp_path / "model", files)
    hashes = [find(str(folder)).sha256]
    for name in files:
        (folder / name).write_text(files[name] + " ")
        hashes.append(find(str(folder)).sha256)
    assert len(set(hashes)) == 4
    (folder / "README.md").write_text("anything")
    assert find(str(folder)).sha256 == hashes[-1]
    assert find(f"{folder}/").name == "model"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"d_model": None}, "d_model must be a positive number"),
        ({"encoder_layers": True}, "encoder_layers must be a positive number"),
        ({"activation_function": "relu"}, "architecture differs"),
        ({"vocab_size": 50257}, "only Whisper's own vocabularies"),
    ],
)
def test_an_unsupported_configuration_is_an_error(
    tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "model", **config)
    with pytest.raises(AnnotateError, match=message):
        hugging_face_weights.dimensions(folder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"d_model": 10**9}, r"has the shape \(48, 80, 3\); by config\.json it must be"),
        ({"max_source_positions": 10**9}, "positional_embedding has the shape"),
        ({"vocab_size": 51866}, "token_embedding"),
        ({"encoder_layers": 10**6}, "1 encoder layers, 1000000 by config.json"),
        ({"decoder_attention_heads": 7}, r"the heads don't divide d_model \(48\)"),
    ],
)
def test_a_configuration_that_does_not_fit_the_weights_is_an_error(
    tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "model", **config)
    with pytest.raises(AnnotateError, match=message):
        hugging_face_weights.load(folder)


def test_damaged_weights_are_an_error(tmp_path: Path) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(AnnotateError, match=r"model\.safetensors is damaged"):
        hugging_face_weights.state_dict(folder)
