"""Folders with a model: which format they have, their hash, and the errors."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from annotate.model.errors import AnnotateError
from annotate.recognizers import hugging_face_weights
from annotate.recognizers.checkpoints import check, find
from annotate.recognizers.loading import load
from annotate.recognizers.model_folders import format_of
from tests.whispers import random_weights, save_hugging_face


def a_folder(path: Path, files: dict[str, str]) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


WHISPER = json.dumps({"model_type": "whisper"})
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"


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
        ({"config.json": WHISPER, "model.safetensors": LFS}, "run git lfs pull in .*model$"),
        ({"config.json": "{}", "model.bin": LFS}, "holds no weights, only git-lfs's pointer"),
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
        ({"max_source_positions": 750}, "max_source_positions is 750, not 1500"),
        ({"max_target_positions": 10**9}, "max_target_positions is 1000000000, not 448"),
        ({"num_mel_bins": 64}, "num_mel_bins is 64, not 80 or 128"),
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


def changed(folder: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> Path:
    """The folder with every weight changed."""
    weights = load_file(folder / "model.safetensors")
    save_file({name: change(one) for name, one in weights.items()}, folder / "model.safetensors")
    return folder


def test_quantized_weights_are_an_error(tmp_path: Path) -> None:
    folder = changed(save_hugging_face(random_weights(), tmp_path / "m"), torch.Tensor.int)
    with pytest.raises(AnnotateError, match=r"weights of torch\.int32: quantized"):
        hugging_face_weights.load(folder)


def test_weights_that_are_no_numbers_are_an_error(tmp_path: Path) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "m")
    with pytest.raises(AnnotateError, match="NaN or infinite"):
        load(find(str(changed(folder, lambda one: one * math.nan))), "cpu")


def test_half_precision_weights_are_loaded(tmp_path: Path) -> None:
    folder = changed(save_hugging_face(random_weights(), tmp_path / "m"), torch.Tensor.bfloat16)
    assert load(find(str(folder)), "cpu").network.dims == random_weights().dims


def test_a_weight_under_two_names_is_an_error(tmp_path: Path) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    weights["encoder.conv1.bias"] = weights["model.encoder.conv1.bias"].clone()
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(AnnotateError, match="twice, under two names"):
        hugging_face_weights.load(folder)


def test_a_missing_weight_is_an_error_of_one_line(tmp_path: Path) -> None:
    folder = save_hugging_face(random_weights(), tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    del weights["model.decoder.layers.1.fc1.bias"]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(AnnotateError, match=r"Missing key.*mlp\.0\.bias") as caught:
        load(find(str(folder)), "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "..", "x\0", "\ud800", "a/b"])
def test_an_index_with_an_impossible_name_is_an_error(tmp_path: Path, name: str) -> None:
    index = json.dumps({"weight_map": {"a": name}})
    files = {"config.json": WHISPER, "model.safetensors.index.json": index}
    with pytest.raises(AnnotateError, match="names no files in its folder"):
        find(str(a_folder(tmp_path / "model", files)))


@pytest.mark.parametrize("name", ["./base", "base/", "./base/", "./my model ü"])
def test_a_folder_in_the_working_directory_comes_before_a_model_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    a_folder(tmp_path / Path(name).name, {"config.json": WHISPER, "model.safetensors": "w"})
    assert find(name).format == "hugging_face"


def test_a_home_of_nobody_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="there is no file ~nosuchuser/x"):
        find("~nosuchuser/x")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_of_a_folder_leads_to_the_folder(tmp_path: Path, name: str) -> None:
    folder = a_folder(tmp_path / "model", {"config.json": WHISPER, "model.safetensors": "w"})
    with pytest.raises(AnnotateError, match=r"is one file of a model: give the folder, .*/model/$"):
        check(str(folder / name))


@pytest.mark.parametrize("prefix", ["", "https://huggingface.co/"])
def test_a_name_of_the_hub_leads_to_its_download(prefix: str) -> None:
    with pytest.raises(AnnotateError, match="download openai/whisper-base into a folder"):
        check(f"{prefix}openai/whisper-base")
    with pytest.raises(AnnotateError) as caught:
        check("models/mine.pt")
    assert "Hub" not in str(caught.value)


def test_a_name_that_is_too_long_is_an_error() -> None:
    with pytest.raises(AnnotateError, match=r"cannot read .*: File name too long"):
        check(f"./{'a' * 300}")


def test_the_name_of_a_folder_is_quoted_for_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my model").mkdir()
    with pytest.raises(AnnotateError, match=r"give '\./my model'$"):
        check("my model")
    with pytest.raises(AnnotateError, match="no model '': give a path"):
        check("")
