from __future__ import annotations

import json
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
from tests.release_builders import a_lake, put_image, tree


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of four images in files of one image each. Nobody may write into it."""
    lake = a_lake(tmp_path_factory.mktemp("lake"), 4)
    return Path(create(lake, "v1", ReleaseOptions(images_per_file=1)).path)


@pytest.fixture
def in_memory(release: Path) -> Iterator[str]:
    """The same release behind a URL."""
    memory = fsspec.filesystem("memory")
    memory.put(f"{release}/", "/far/v1", recursive=True)
    yield "memory://far/v1"
    memory.rm("/far", recursive=True)


def test_loads_every_split_or_one(release: Path) -> None:
    everything = client.load(release)
    train, validation = client.load(release, "train"), client.load(release, "validation")
    assert everything.height == 4
    assert train.height + validation.height == 4
    assert set(train["split"]) == {"train"}
    assert set(client.load(release, table="narrations").columns) >= {"words", "phrases", "trace"}


def test_loads_from_a_url(release: Path, in_memory: str) -> None:
    assert client.load(in_memory).equals(client.load(release))


def test_scans_without_reading(release: Path, in_memory: str) -> None:
    lazy = client.scan(release, "train")
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(client.load(release, "train"))
    with pytest.raises(AnnotateError, match="pull"):
        client.scan(in_memory)


def test_an_unknown_split_names_the_known_ones(release: Path) -> None:
    with pytest.raises(AnnotateError, match="choose of train, validation"):
        client.load(release, "test")


def test_words_lead_back(release: Path) -> None:
    row = client.load(release).row(0, named=True)
    found = list(client.words(row))
    assert " ".join(word.word for word in found) == row["caption"]
    word, recording, start_ms, end_ms, x_frac, y_frac = found[1]
    assert (word, start_ms, end_ms, x_frac, y_frac) == ("red", 400, 700, 0.25, 0.75)
    assert recording == row["recordings"][0]["recording_id"]
    assert found[0].x_frac is None


@pytest.mark.parametrize("far", [False, True])
def test_pulls_everything(release: Path, in_memory: str, tmp_path: Path, far: bool) -> None:
    seen: list[tuple[int, int]] = []
    source = in_memory if far else release
    root = client.pull(source, tmp_path / "here", lambda *progress: seen.append(progress))
    assert tree(root) == tree(release)
    assert verify(root) == ()
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1]


def test_what_is_there_and_right_is_not_fetched_again(release: Path, tmp_path: Path) -> None:
    root = client.pull(release, tmp_path / "here")
    (root / "manifest.json").unlink()
    (root / "README.md").write_text("half")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    client.pull(release, root)
    after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    rewritten = {path.name for path in after if before.get(path) != after[path]}
    assert rewritten == {"manifest.json", "README.md"}
    assert tree(root) == tree(release)


@pytest.mark.parametrize("damage", [b"forged", b"", b"x" * 100_000])
def test_a_damaged_file_is_refused(release: Path, tmp_path: Path, damage: bytes) -> None:
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


@pytest.mark.parametrize("path", ["../escaped", "/tmp/escaped", "a/../../escaped"])  # noqa: S108
def test_a_manifest_cannot_write_elsewhere(release: Path, tmp_path: Path, path: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    manifest = json.loads((copy / "manifest.json").read_bytes())
    manifest["files"][0]["path"] = path
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(AnnotateError, match="outside the release"):
        client.pull(copy, tmp_path / "here/deep")
    assert not (tmp_path / "here").exists()


def test_a_link_in_the_destination_is_not_followed_out(release: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here/data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AnnotateError, match="leads out of"):
        client.pull(release, tmp_path / "here")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_another_release_is_not_overwritten(release: Path, tmp_path: Path) -> None:
    lake = a_lake(tmp_path / "lake", 1)
    put_image(lake, 8)
    other = create(lake, "v2")
    root = client.pull(release, tmp_path / "here")
    with pytest.raises(AnnotateError, match="holds release v1"):
        client.pull(other.path, root)
    assert tree(root) == tree(release)


@pytest.mark.parametrize("source", ["nowhere", "nonsense://host/v1", "memory://nothing"])
def test_what_is_no_release_gets_one_line(source: str, tmp_path: Path) -> None:
    for read in (client.load, lambda where: client.pull(where, tmp_path)):
        with pytest.raises(AnnotateError) as caught:
            read(source)
        assert "\n" not in str(caught.value)


def test_importing_it_brings_in_little() -> None:
    """Researchers install polars and fsspec; anything else must not be asked for."""
    code = "import sys, annotate.client; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "whisper", "prefect", "label_studio_sdk", "deltalake", "dataframely"}
    heavy |= {"pydantic", "pydub", "av", "PIL", "jinja2", "numpy"}
    assert heavy & set(run.stdout.split()) == set()
