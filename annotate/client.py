"""What researchers import: pull a release, read it, follow a word back to where it was said.

Needs `polars` and `fsspec` and nothing of the recognizer, the lake or Label Studio.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

import fsspec
import polars as pl

from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST, File, Manifest, read_manifest

CHUNK_BYTES = 1 << 20
THREADS = 8
"""Files fetched at a time."""
BATCH = 256
"""Files handed to the threads at once: after a failure no more than these are tried."""

TableName = Literal["captions", "narrations"]
Progress = Callable[[int, int], None]
"""Called with the bytes that are there so far and the bytes that there will be."""


class CaptionWord(NamedTuple):
    """One word of a caption and where it comes from; what isn't known is None.

    `start_ms` and `end_ms` are milliseconds from the start of the recording; `x_frac` and `y_frac`
    are fractions of the image from its top left.
    """

    word: str
    recording_id: str | None
    start_ms: int | None
    end_ms: int | None
    x_frac: float | None
    y_frac: float | None


def load(
    source: str | os.PathLike[str], split: str | None = None, table: TableName = "captions"
) -> pl.DataFrame:
    """Read a release's captions, or its narrations, from a folder or any URL that fsspec knows.

    Args:
        split: `train`, `validation` or whatever the release has; None reads all of them.

    Raises:
        AnnotateError: There is no release there, or no such split in it.
    """
    release = _Source(source)
    frames = [
        pl.read_parquet(io.BytesIO(release.read(file.path)))
        for file in _table_files(release.manifest(), split, table, release.name)
    ]
    return pl.concat(frames)


def scan(
    source: str | os.PathLike[str], split: str | None = None, table: TableName = "captions"
) -> pl.LazyFrame:
    """Like `load`, but lazily and from a local folder, for releases larger than memory."""
    release = _Source(source)
    if release.folder is None:
        raise AnnotateError(f"only a local folder can be scanned: pull {release.name} first")
    files = _table_files(release.manifest(), split, table, release.name)
    return pl.scan_parquet([release.folder / file.path for file in files])


def words(row: Mapping[str, Any]) -> Iterator[CaptionWord]:
    """The words of one row of captions (`frame.row(0, named=True)`), in the order of the text."""
    for span in row["lineage"]:
        yield CaptionWord(
            word=row["caption"][span["start_char"] : span["end_char"]],
            recording_id=span["recording_id"],
            start_ms=span["start_ms"],
            end_ms=span["end_ms"],
            x_frac=span["x_frac"],
            y_frac=span["y_frac"],
        )


def pull(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    progress: Progress | None = None,
) -> Path:
    """Copy a release into a folder, checking every file against the manifest.

    Stopped at any moment it can be run again: what is there and right isn't fetched twice. The
    manifest comes last, so a folder with one is whole.

    Raises:
        AnnotateError: The source isn't a release or is damaged, or the folder holds another one.
    """
    release = _Source(source)
    data = release.read(MANIFEST)
    manifest = read_manifest(data, release.name)
    root = Path(destination)
    _refuse_other(root, manifest)
    total = sum(file.bytes for file in manifest.files)
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(manifest.files), BATCH):
            batch = manifest.files[start : start + BATCH]
            jobs = pool.map(lambda file: _fetch_if_needed(release, file, root), batch)
            for file, _ in zip(batch, jobs, strict=True):
                done += file.bytes
                if progress:
                    progress(done, total)
    _replace(_target(root, MANIFEST), data)
    return root


class _Source:
    """A release to read from: a local folder or a URL."""

    def __init__(self, source: str | os.PathLike[str]):
        self.name = os.fspath(source).rstrip("/")
        try:
            self._fs, self._root = fsspec.core.url_to_fs(self.name)
        except (ImportError, ValueError) as error:
            raise AnnotateError(f"cannot read {self.name}: {_first_line(error)}") from error
        local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else ())
        self.folder = Path(self._root) if local else None

    def manifest(self) -> Manifest:
        return read_manifest(self.read(MANIFEST), self.name)

    def read(self, path: str) -> bytes:
        return b"".join(self.stream(path))

    def stream(self, path: str) -> Iterator[bytes]:
        try:
            with self._fs.open(f"{self._root}/{path}", "rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError as error:
            hint = "is not a release: it has no" if path == MANIFEST else "is incomplete: it lacks"
            raise AnnotateError(f"{self.name} {hint} {path}") from error
        except OSError as error:
            raise AnnotateError(f"cannot read {self.name}: {_first_line(error)}") from error


def _table_files(manifest: Manifest, split: str | None, table: TableName, name: str) -> list[File]:
    folder = {"captions": "data", "narrations": "narrations"}[table]
    files = [file for file in manifest.files if file.path.startswith(f"{folder}/")]
    splits = {file.path: file.path.removeprefix(f"{folder}/").split("-")[0] for file in files}
    if split is not None and split not in splits.values():
        raise AnnotateError(
            f"{name} has no split {split!r}: choose of {', '.join(sorted(set(splits.values())))}"
        )
    return [file for file in files if split in (None, splits[file.path])]


def _refuse_other(root: Path, manifest: Manifest) -> None:
    held = root / MANIFEST
    if held.is_file():
        other = read_manifest(held.read_bytes(), str(root))
        if other.content_sha256 != manifest.content_sha256:
            raise AnnotateError(f"{root} holds release {other.version}: choose another folder")


def _target(root: Path, path: str) -> Path:
    """Where a file goes; a link inside the folder may not lead out of it."""
    target = root / path
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise AnnotateError(f"{target.parent} leads out of {root}: remove that link")
    return target


def _is_there(target: Path, file: File) -> bool:
    if not target.is_file() or target.stat().st_size != file.bytes:
        return False
    with target.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def _fetch_if_needed(release: _Source, file: File, root: Path) -> None:
    target = _target(root, file.path)
    if not _is_there(target, file):
        _fetch(release, file, target)


def _fetch(release: _Source, file: File, target: Path) -> None:
    """Write the file beside its place, check it and rename it."""
    beside = target.with_name(f".{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    size = 0
    with beside.open("wb") as out:
        for chunk in release.stream(file.path):
            size += len(chunk)
            if size > file.bytes:
                break
            sha256.update(chunk)
            out.write(chunk)
    if size != file.bytes or sha256.hexdigest() != file.sha256:
        beside.unlink()
        raise AnnotateError(
            f"{release.name}/{file.path} is damaged: fetch it again or ask its owner"
        )
    beside.replace(target)


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{target.name}.part")
    beside.write_bytes(data)
    beside.replace(target)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
