"""Checkpoint files by model name, and the errors when there is none."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.recognizers import checkpoints
from annotate.recognizers.checkpoints import Bundled, check, find, register

WEIGHTS = b"PK\x03\x04 weights"
"""Bytes that begin like a checkpoint."""


def test_the_demos_checkpoint_is_in_the_repository() -> None:
    checkpoint = find("demo")
    assert checkpoint.path.as_posix().endswith("data/demo/whisper-demo.pt")
    assert checkpoint.sha256 == sha256_hex(checkpoint.path.read_bytes())


def test_a_path_can_be_given_as_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.pt").write_bytes(WEIGHTS)
    checkpoint = find(str(tmp_path / "mine.pt"))
    assert (checkpoint.name, checkpoint.sha256) == ("mine.pt", sha256_hex(WEIGHTS))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AnnotateError, match=r"no model 'turob'.*demo, tiny\.en.*turbo"):
        find("turob")


UNKNOWN = {
    "turob": r"no model 'turob': did you mean `turbo`\? Give a path",
    "Large-V3": r"did you mean `large-v3`\?",
    "whatever": r"no model 'whatever': give a path to a \.pt file or one of demo",
    "models/small.pt": r"there is no file models/small\.pt: did you mean `smal\.pt`\?",
    "models": r"no model 'models': for the folder of that name give \./models$",
    "models/": r"models is a folder without a model",
    "./models/deeper": r"models/deeper is a folder without a model: --model takes a name, a \.pt",
    "models/none.pt": r"^there is no file models/none\.pt$",
    "models/other.safetensors": r"is not a Whisper checkpoint: --model takes a \.pt file",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_invalid_model_is_reported_before_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "deeper").mkdir(parents=True)
    (tmp_path / "models" / "smal.pt").write_bytes(WEIGHTS)
    (tmp_path / "models" / "other.safetensors").write_bytes(b"\x10\0\0\0 weights")
    for lookup in (check, find):
        with pytest.raises(AnnotateError, match=UNKNOWN[name]):
            lookup(name)


@pytest.mark.parametrize("name", ["demo", "turbo", "tiny.en", "models/smal.pt", "turbo-folder.pt"])
def test_valid_models_pass_the_check_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "models").mkdir()
    (tmp_path / "turbo").mkdir()  # a folder with a model's name is ignored
    for file in ("models/smal.pt", "turbo-folder.pt"):
        (tmp_path / file).write_bytes(WEIGHTS)
    check(name)
    assert not (tmp_path / "cache").exists()


def test_without_the_internet_the_error_names_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import whisper

    def no_network(*args: Any, **kwargs: Any) -> None:  # simulates a machine without network
        raise URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(whisper, "_download", no_network)
    with pytest.raises(AnnotateError, match=r"cannot download.*tiny\.en\.pt, or pass"):
        find("tiny.en")


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of tiny.en, which has the published hash if it contains `weights`."""
    import whisper

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = f"https://models.example/{sha256_hex(b'weights')}/tiny.en.pt"
    monkeypatch.setitem(whisper._MODELS, "tiny.en", url)
    (tmp_path / "whisper").mkdir()
    return tmp_path / "whisper" / "tiny.en.pt"


def test_a_model_in_the_cache_is_found(cached: Path) -> None:
    cached.write_bytes(b"weights")
    assert find("tiny.en").sha256 == sha256_hex(b"weights")


def test_an_interrupted_download_is_repeated(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import whisper

    def download(url: str, folder: str, in_memory: bool) -> str:  # a stub of the download
        path = Path(folder) / "tiny.en.pt"
        assert not path.exists()
        path.write_bytes(b"weights")
        return str(path)

    monkeypatch.setattr(whisper, "_download", download)
    cached.write_bytes(b"weig")
    assert find("tiny.en").path == cached
    assert cached.read_bytes() == b"weights"
    assert list(cached.parent.iterdir()) == [cached]


def test_without_a_name_the_error_names_the_options() -> None:
    for lookup in (check, find):
        with pytest.raises(
            AnnotateError, match=r"no model is chosen: pass --model turbo, .*\.toml"
        ):
            lookup(None)


def test_a_registered_checkpoint_is_found_by_name_and_must_have_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_BUNDLED", {})
    path = tmp_path / "ours.pt"
    register(Bundled(name="ours", path=path, sha256=sha256_hex(WEIGHTS)))
    check("ours")
    with pytest.raises(AnnotateError, match=r"'ours' is not at .*ours\.pt"):
        find("ours")
    path.write_bytes(b"PK\x03\x04 other weights")
    with pytest.raises(AnnotateError, match="is not the checkpoint of this version"):
        find("ours")
    path.write_bytes(WEIGHTS)
    assert find("ours").name == "ours"
