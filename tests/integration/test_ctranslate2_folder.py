"""A CTranslate2 folder as the model: its alignment heads, and a copy with other ones."""

import copy
import json
import math
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from faster_whisper import WhisperModel
from whisper.model import Whisper
from whisper.tokenizer import get_tokenizer

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.ctranslate2_conversion import _spec, converted, tokenizer_file, write
from annotate.recognizers.ctranslate2_folder import model_folder
from annotate.recognizers.faster_whisper import FasterWhisper
from annotate.recognizers.loading import load
from annotate.recognizers.options import DecodingOptions
from tests.whispers import an_input, random_weights

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's model, converted."""
    return converted(find("demo"), tmp_path_factory.mktemp("cache"))


def test_the_folder_gives_the_words_of_the_checkpoint(folder: Path) -> None:
    recording = an_input()
    engines = [
        FasterWhisper(one, "cpu", DecodingOptions()) for one in (find("demo"), given(folder))
    ]
    (first,), (second,) = (list(engine.transcribe([recording])) for engine in engines)
    assert len(first.words) > 10
    assert first.words == second.words
    sources = [engine.options()["alignment_heads"]["source"] for engine in engines]
    assert sources == ["default", "config"]


def given(folder: Path) -> Checkpoint:
    checkpoint = find(str(folder))
    assert checkpoint.format == "ctranslate2"
    return checkpoint


def test_heads_of_the_configuration_need_no_copy(folder: Path, tmp_path: Path) -> None:
    found, chosen = model_folder(given(folder), cache=tmp_path / "cache")
    assert (found, chosen.source) == (folder, "config")
    assert not (tmp_path / "cache").exists()


def test_given_heads_are_in_a_copy_of_links(folder: Path, tmp_path: Path) -> None:
    before = (folder / "config.json").read_bytes()
    found, chosen = model_folder(given(folder), "1:2", tmp_path / "cache")
    assert chosen.as_option() == {"source": "given", "heads": [[1, 2]]}
    assert json.loads((found / "config.json").read_text())["alignment_heads"] == [[1, 2]]
    assert (found / "model.bin").is_symlink()
    assert (folder / "config.json").read_bytes() == before
    assert model_folder(given(folder), "1:2", tmp_path / "cache")[0] == found
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)  # the links of the first copy may lead nowhere by now
    assert model_folder(given(moved), "1:2", tmp_path / "moved-cache")[0].name != found.name
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_without_heads_in_the_configuration_they_are_the_default(
    folder: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in folder.iterdir():
        (bare / file.name).write_bytes(file.read_bytes())
    config = json.loads((bare / "config.json").read_text())
    del config["alignment_heads"]
    (bare / "config.json").write_text(json.dumps(config))
    found, chosen = model_folder(given(bare), cache=tmp_path / "cache")
    assert chosen.as_option() == {"source": "default", "heads": [[1, 0], [1, 1], [1, 2]]}
    assert found.parent == tmp_path / "cache"


def test_other_engines_name_the_engine_for_the_folder(folder: Path) -> None:
    with pytest.raises(AnnotateError, match="add --engine ctranslate2"):
        load(given(folder), "cpu")


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x06\0\0\0\x03\0ab\0" + b"\0" * 64])
def test_a_damaged_model_is_an_error(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(AnnotateError, match="is not a CTranslate2 model"):
        model_folder(given(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", None, r"has no tokenizer\.json: copy it"),
        ("tokenizer.json", "[]", r"tokenizer\.json is damaged"),
        ("tokenizer.json", "multilingual", r"tokenizer\.json is another model's tokenizer"),
        ("vocabulary.json", '["a"]', r"vocabulary\.json has 1 tokens and the model 518"),
        ("vocabulary.json", "1", r"vocabulary\.json is damaged"),
        ("preprocessor_config.json", "[]", "is not a JSON object"),
        ("preprocessor_config.json", '{"sampling_rate": 8000}', "sampling_rate is 8000, which"),
        ("preprocessor_config.json", '{"n_fft": 512}', "n_fft is 512, which .* must be 400"),
        ("preprocessor_config.json", '{"hop_length": "160"}', "hop_length is '160', which"),
        ("preprocessor_config.json", '{"chunk_length": 10}', "chunk_length is 10, which"),
        ("preprocessor_config.json", '{"feature_size": 128}', "feature_size is 128, .* be 80"),
    ],
)
def test_files_that_do_not_fit_the_model_are_an_error_of_one_line(
    folder: Path, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    """And nothing is downloaded in place of a missing file."""
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    if content is None:
        (mine / name).unlink()
    elif content == "multilingual":
        text = tokenizer_file(get_tokenizer(multilingual=True)).to_str()
        (mine / name).write_text(text)
    else:
        (mine / name).write_text(content)
    with pytest.raises(AnnotateError, match=message) as caught:
        model_folder(given(mine), cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def quantized(network: Whisper, quantization: str, folder: Path) -> Path:
    """The network as CTranslate2's own converter writes it with `--quantization`."""
    write(network, folder)  # the other files
    spec = _spec(network, get_tokenizer(multilingual=True))
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    return folder


@pytest.mark.parametrize("value", [1.0, math.nan, math.inf])
@pytest.mark.parametrize("quantization", ["float32", "float16", "bfloat16", "int8", "int16"])
def test_weights_that_are_no_numbers_are_an_error(
    tmp_path: Path, quantization: str, value: float
) -> None:
    """Of weights that were quantized to integers, the scale is then NaN or zero."""
    network = copy.deepcopy(random_weights())
    with torch.no_grad():
        network.decoder.blocks[1].mlp[2].weight[5, 7] = value
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the conversion
        folder = quantized(network, quantization, tmp_path)
    if math.isfinite(value):
        assert model_folder(given(folder))[0] == folder
    else:
        with pytest.raises(AnnotateError, match=r"infinite \(decoder/layer_1/ffn/linear_1/w"):
            model_folder(given(folder))


def test_a_model_of_more_mel_channels_must_name_their_number(tmp_path: Path) -> None:
    network = Whisper(replace(random_weights().dims, n_mels=128)).requires_grad_(False)
    network.decoder.positional_embedding.zero_()
    write(network, tmp_path)
    assert model_folder(given(tmp_path))[0] == tmp_path
    (tmp_path / "preprocessor_config.json").write_text("{}")
    with pytest.raises(AnnotateError, match="has no feature_size; the model has 128 mel channels"):
        model_folder(given(tmp_path))
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(AnnotateError, match="has no feature_size"):
        model_folder(given(tmp_path))


def test_a_folder_with_other_files_gets_another_copy(folder: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    first, _ = model_folder(given(mine), "1:2", tmp_path / "cache")
    config = json.loads((mine / "config.json").read_text())
    (mine / "config.json").write_text(json.dumps({**config, "suppress_ids": [1]}))
    second, _ = model_folder(given(mine), "1:2", tmp_path / "cache")
    assert json.loads((second / "config.json").read_text())["suppress_ids"] == [1]
    assert second != first


@pytest.mark.parametrize("name", ["my model", "مدل", "モデル 1", "a'b\"c$d", "-model", "#1%20"])
def test_a_folder_may_have_any_name_and_be_read_only_or_a_link(
    folder: Path, tmp_path: Path, name: str
) -> None:
    mine = Path(shutil.copytree(folder, tmp_path / name))
    for path in (*mine.iterdir(), mine):
        path.chmod(0o555)
    (tmp_path / "link").symlink_to(mine)
    for path in (mine, tmp_path / "link"):
        checkpoint = given(path)
        assert checkpoint.name == name
        found, _ = model_folder(checkpoint, "1:2", tmp_path / "cache")
        WhisperModel(str(found), device="cpu", compute_type="float32")
