"""A CTranslate2 folder as the model: its alignment heads, and a copy with other ones."""

import json
import shutil
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.ctranslate2_conversion import converted
from annotate.recognizers.ctranslate2_folder import model_folder
from annotate.recognizers.faster_whisper import FasterWhisper
from annotate.recognizers.loading import load
from annotate.recognizers.options import DecodingOptions
from tests.whispers import an_input

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


@pytest.mark.parametrize("damage", ["missing", "tokenizer.json", "preprocessor_config.json"])
def test_a_folder_without_a_usable_tokenizer_is_an_error(
    folder: Path, tmp_path: Path, damage: str
) -> None:
    """And nothing is downloaded in its place."""
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    if damage == "missing":
        (copy / "tokenizer.json").unlink()
    else:
        (copy / damage).write_text("[]")
    with pytest.raises(AnnotateError, match=r"has no tokenizer\.json|CTranslate2 failed to load"):
        FasterWhisper(given(copy), "cpu", DecodingOptions())
