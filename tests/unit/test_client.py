from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import polars as pl
import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.release.verify import verify
from tests.release_builders import a_lake, forge, older_manifest, tree


@pytest.fixture(autouse=True)
def separate_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of four images in files of one image each. Read-only: tests share it."""
    lake = a_lake(tmp_path_factory.mktemp("lake"), 4)
    return Path(create(lake, "v1", ReleaseOptions(images_per_file=1)).path)


@pytest.fixture
def in_memory(release: Path) -> Iterator[str]:
    """The same release at a URL."""
    memory = fsspec.filesystem("memory")
    memory.put(f"{release}/", "/far/v1", recursive=True)
    yield "memory://far/v1"
    memory.rm("/far", recursive=True)


def test_every_split_or_one_is_loaded(release: Path) -> None:
    everything = client.load(release)
    train, validation = client.load(release, "train"), client.load(release, "validation")
    assert everything.height == 4
    assert train.height + validation.height == 4
    assert set(train["split"]) == {"train"}
    assert set(client.load(release, table="narrations").columns) >= {"words", "phrases", "trace"}


def test_a_release_is_loaded_from_a_url(release: Path, in_memory: str) -> None:
    assert client.load(in_memory).equals(client.load(release))


def test_scan_is_lazy(release: Path, in_memory: str) -> None:
    lazy = client.scan(release, "train")
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(client.load(release, "train"))
    with pytest.raises(AnnotateError, match="pull"):
        client.scan(in_memory)


@pytest.mark.parametrize(
    "name", ["My Projects بيانات #1", "%20", "[x]*{a,b}", "a::b", "k=v", "line\nbreak", "-x", "q?"]
)
def test_a_folder_may_have_any_name(tmp_path: Path, release: Path, name: str) -> None:
    source, copy = tmp_path / name / "release", tmp_path / "copies" / name
    shutil.copytree(release, source)
    client.pull(source, copy)
    assert tree(release).items() <= tree(copy).items()
    for folder in (source, copy):
        assert client.load(folder).equals(client.load(release))
        assert client.scan(folder).collect().equals(client.load(release))
        assert verify(folder) == ()
    assert sorted(os.listdir(tmp_path / "copies")) == [name]


def test_the_error_of_an_unknown_split_lists_the_splits(release: Path) -> None:
    with pytest.raises(AnnotateError, match="choose of train, validation"):
        client.load(release, "test")


def test_words_have_their_recording_times_and_points(release: Path) -> None:
    row = client.load(release).row(0, named=True)
    found = list(client.words(row))
    assert " ".join(word.word for word in found) == row["caption"]
    word, recording, start_ms, end_ms, x_frac, y_frac = found[1]
    assert (word, start_ms, end_ms, x_frac, y_frac) == ("red", 400, 700, 0.25, 0.75)
    assert recording == row["recordings"][0]["recording_id"]
    assert found[0].x_frac is None


@pytest.mark.parametrize("over_url", [False, True])
def test_a_pull_copies_everything(
    release: Path, in_memory: str, tmp_path: Path, over_url: bool
) -> None:
    seen: list[tuple[int, int]] = []
    source = in_memory if over_url else release
    root = client.pull(source, tmp_path / "here", lambda *progress: seen.append(progress))
    assert tree(root) == tree(release)
    assert verify(root) == ()
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("damage", [b"forged", b"", b"x" * 100_000])
def test_a_damaged_file_is_rejected(release: Path, tmp_path: Path, damage: bytes) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "README.md").write_bytes(damage)
    with pytest.raises(AnnotateError, match=r"README\.md is damaged"):
        client.pull(copy, tmp_path / "here")
    assert not (tmp_path / "here/README.md").exists()
    assert not (tmp_path / "here/manifest.json").exists()


def test_a_missing_file_is_named(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "README.md").unlink()
    with pytest.raises(AnnotateError, match=r"incomplete: it lacks README\.md"):
        client.pull(copy, tmp_path / "here")


def test_a_link_out_of_the_source_is_not_followed(release: Path, tmp_path: Path) -> None:
    copy, secret = tmp_path / "copy", tmp_path / "secret"
    shutil.copytree(release, copy)
    secret.write_bytes((copy / "README.md").read_bytes())
    (copy / "README.md").unlink()
    (copy / "README.md").symlink_to(secret)
    with pytest.raises(AnnotateError, match="leads out of the release"):
        client.pull(copy, tmp_path / "here")
    assert not (tmp_path / "here/README.md").exists()


@pytest.mark.parametrize("name", ["manifest.json", "README.md"])
def test_a_pipe_in_the_source_is_an_error(release: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / name).unlink()
    os.mkfifo(copy / name)
    with pytest.raises(AnnotateError, match="is not a file"):
        client.pull(copy, tmp_path / "here")


def test_only_the_announced_release_is_pulled(release: Path, tmp_path: Path) -> None:
    own = client.manifest(release).release_sha256
    assert own is not None
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "index.html").write_text("<script>alert(1)</script>")
    forge(copy)
    assert verify(copy) == ()
    with pytest.raises(AnnotateError, match="is not the release that was announced"):
        client.pull(copy, tmp_path / "here", sha256=own)
    assert not (tmp_path / "here").exists()
    assert tree(client.pull(release, tmp_path / "here", sha256=own.upper())) == tree(release)


def test_a_release_of_version_0_1_is_read_with_a_warning(release: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(release, old)
    manifest = client.manifest(release)
    (old / "manifest.json").write_bytes(older_manifest(manifest))
    with pytest.warns(UserWarning, match=r"version 0\.1"):
        here = client.pull(old, tmp_path / "here", sha256=manifest.content_sha256)
    with pytest.warns(UserWarning, match=r"version 0\.1"):
        assert client.load(here).equals(client.load(release))
    own = manifest.release_sha256
    with (
        pytest.raises(AnnotateError, match="announced"),
        pytest.warns(UserWarning, match=r"version 0\.1"),
    ):
        client.pull(old, tmp_path / "there", sha256=own)


def test_an_invalid_parquet_file_is_an_error(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    for file in (copy / "data").iterdir():
        file.write_bytes(b"PAR1" * 100)
    forge(copy)
    with pytest.raises(AnnotateError, match="is no parquet file"):
        client.load(copy)


def test_a_changed_table_at_a_url_is_an_error(in_memory: str) -> None:
    memory = fsspec.filesystem("memory")
    file = memory.ls("/far/v1/data", detail=False)[0]
    data = bytearray(memory.cat_file(file))
    data[len(data) // 2] ^= 1
    memory.pipe_file(file, bytes(data))
    with pytest.raises(AnnotateError, match="is damaged"):
        client.load(in_memory)


@pytest.mark.parametrize("source", ["nowhere", "nonsense://host/v1", "memory://nothing"])
def test_the_error_of_an_invalid_source_has_one_line(source: str, tmp_path: Path) -> None:
    for read in (client.load, lambda where: client.pull(where, tmp_path)):
        with pytest.raises(AnnotateError) as caught:
            read(source)
        assert "\n" not in str(caught.value)


def test_the_client_imports_few_packages() -> None:
    """The client must work with only polars and fsspec installed."""
    code = "import sys, annotate.client; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "whisper", "prefect", "label_studio_sdk", "deltalake", "dataframely"}
    heavy |= {"pydantic", "pydub", "av", "PIL", "jinja2", "numpy"}
    assert heavy & set(run.stdout.split()) == set()
