"""Which file a model's name stands for, and what to do when there is none."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.transcribe.checkpoints import DEMO_PATH, find


def test_the_demos_checkpoint_is_in_the_repository() -> None:
    checkpoint = find("demo")
    assert checkpoint.path.as_posix().endswith(DEMO_PATH.as_posix())
    assert checkpoint.sha256 == sha256_hex(checkpoint.path.read_bytes())


def test_a_path_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.pt").write_bytes(b"weights")
    checkpoint = find(str(tmp_path / "mine.pt"))
    assert (checkpoint.name, checkpoint.sha256) == ("mine.pt", sha256_hex(b"weights"))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AnnotateError, match=r"no model 'turob'.*demo, tiny\.en.*turbo"):
        find("turob")


def test_without_the_internet_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import whisper

    def no_network(*args: Any, **kwargs: Any) -> None:  # a fault that can't be made otherwise
        raise URLError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(whisper, "_download", no_network)
    with pytest.raises(AnnotateError, match=r"cannot download.*tiny\.en\.pt, or use --model demo"):
        find("tiny.en")


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tiny.en lies, which has the published hash if it holds `weights`."""
    import whisper

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = f"https://models.example/{sha256_hex(b'weights')}/tiny.en.pt"
    monkeypatch.setitem(whisper._MODELS, "tiny.en", url)
    (tmp_path / "whisper").mkdir()
    return tmp_path / "whisper" / "tiny.en.pt"


def test_a_model_that_was_put_in_the_cache_is_found(cached: Path) -> None:
    cached.write_bytes(b"weights")
    assert find("tiny.en").sha256 == sha256_hex(b"weights")


def test_a_download_that_was_cut_off_is_made_again(
    cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import whisper

    def download(url: str, folder: str, in_memory: bool) -> str:  # in place of the internet
        made = Path(folder) / "tiny.en.pt"
        assert not made.exists()
        made.write_bytes(b"weights")
        return str(made)

    monkeypatch.setattr(whisper, "_download", download)
    cached.write_bytes(b"weig")
    assert find("tiny.en").path == cached
    assert cached.read_bytes() == b"weights"
    assert list(cached.parent.iterdir()) == [cached]
