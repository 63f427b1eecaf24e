"""What researchers import: pull a release, read it, follow a word back to where it was said.

Needs `polars` and `fsspec` and nothing of the recognizer, the lake or Label Studio.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.release.manifest import File, Manifest
from annotate.transfer.limits import Limits
from annotate.transfer.remembered import verify_once
from annotate.transfer.source import Source
from annotate.transfer.target import Target

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
    source: str | os.PathLike[str],
    split: str | None = None,
    table: TableName = "captions",
    *,
    verify: bool = True,
    allow_private: bool = False,
) -> pl.DataFrame:
    """Read a release's captions, or its narrations, from a folder or any URL that fsspec knows.

    Args:
        split: `train`, `validation` or whatever the release has; None reads all of them.
        verify: Whether the files are held against the hashes in the manifest: those of a folder
            all, once, until something in it changes; from elsewhere those that are read.
        allow_private: Whether a web server may have an address of a private network.

    Raises:
        AnnotateError: There is no release there, it is damaged, or has no such split.
    """
    with Source(source, allow_private=allow_private) as release:
        held, data = release.manifest()
        _warn_if_old(held, release.name)
        files = _table_files(held, split, table, release.name)
        if verify and release.folder is not None:
            verify_once(release.folder, held, data)
        frames = [_frame(release, file, verify=verify) for file in files]
    try:
        return pl.concat(frames)
    except pl.exceptions.PolarsError as error:
        raise AnnotateError(f"{release.name} has tables that don't fit together") from error


def scan(
    source: str | os.PathLike[str],
    split: str | None = None,
    table: TableName = "captions",
    *,
    verify: bool = True,
) -> pl.LazyFrame:
    """Like `load`, but lazily and from a local folder, for releases larger than memory."""
    with Source(source) as release:
        if release.folder is None:
            raise AnnotateError(f"only a local folder can be scanned: pull {release.name} first")
        held, data = release.manifest()
        _warn_if_old(held, release.name)
        files = _table_files(held, split, table, release.name)
        if verify:
            verify_once(release.folder, held, data)
        paths = [release.folder / file.path for file in files]
        return pl.scan_parquet(paths, glob=False, hive_partitioning=False)


def manifest(source: str | os.PathLike[str], *, allow_private: bool = False) -> Manifest:
    """What a release says of itself: version, counts, hashes and files.

    Raises:
        AnnotateError: There is no release there.
    """
    with Source(source, allow_private=allow_private) as release:
        return release.manifest()[0]


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
    *,
    sha256: str | None = None,
    allow_private: bool = False,
    limits: Limits | None = None,
) -> Path:
    """Copy a release into an empty folder, checking every file against the manifest.

    Stopped at any moment it can be run again: what is there and right isn't fetched twice. The
    manifest comes last, so a folder with one is whole.

    Args:
        sha256: The release's hash (`release_sha256`) as its publisher announced it. Only with it
            does a copy prove where it comes from.
        allow_private: Whether a web server may have an address of a private network.
        limits: Ceilings on what is fetched.

    Raises:
        AnnotateError: The source isn't a release, isn't the one that was announced, is damaged or
            asks too much; or the folder isn't empty, or lacks room.
    """
    bounds = limits or Limits()
    with Source(source, allow_private=allow_private, limits=bounds) as release:
        held, data = release.manifest()
        _warn_if_old(held, release.name)
        if sha256 is not None and not held.is_announced_as(sha256):
            own = held.release_sha256 or held.content_sha256
            raise AnnotateError(
                f"{release.name} is not the release that was announced: its hash is {own}"
            )
        bounds.check(held, release.name)
        target = Target(Path(destination), held, data)
        target.begin(bounds)
        _fetch_all(release, target, held, progress)
        target.finish()
    return Path(destination)


def _fetch_all(release: Source, target: Target, held: Manifest, progress: Progress | None) -> None:
    total = sum(file.bytes for file in held.files)
    done = 0
    stop = threading.Event()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for start in range(0, len(held.files), BATCH):
                batch = held.files[start : start + BATCH]
                jobs = pool.map(lambda file: _fetch(release, target, file, stop), batch)
                for file, _ in zip(batch, jobs, strict=True):
                    done += file.bytes
                    if progress:
                        progress(done, total)
        finally:
            stop.set()  # after a failure nobody waits for the others of the batch


def _fetch(release: Source, target: Target, file: File, stop: threading.Event) -> None:
    def pieces() -> Iterator[bytes]:
        for piece in release.stream(file.path, file.bytes):
            if stop.is_set():
                return
            yield piece

    if stop.is_set() or target.has(file):
        return
    if not target.put(file, pieces()) and not stop.is_set():
        raise _damaged(release, file)


def _frame(release: Source, file: File, *, verify: bool) -> pl.DataFrame:
    most = file.bytes if verify else release.limits.file_bytes
    data = b"".join(release.stream(file.path, most))
    if verify and hashlib.sha256(data).hexdigest() != file.sha256:
        raise _damaged(release, file)
    try:
        return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise AnnotateError(f"{release.name}/{file.path} is no parquet file") from error


def _damaged(release: Source, file: File) -> AnnotateError:
    return AnnotateError(f"{release.name}/{file.path} is damaged: fetch it again or ask its owner")


def _warn_if_old(held: Manifest, name: str) -> None:
    if held.schema_version == 1:
        warnings.warn(
            f"{name} was made by version 0.1: no hash covers its viewer, counts and version",
            stacklevel=3,
        )


def _table_files(manifest: Manifest, split: str | None, table: TableName, name: str) -> list[File]:
    folder = {"captions": "data", "narrations": "narrations"}[table]
    files = [file for file in manifest.files if file.path.startswith(f"{folder}/")]
    splits = {file.path: file.path.removeprefix(f"{folder}/").split("-")[0] for file in files}
    if split is not None and split not in splits.values():
        raise AnnotateError(
            f"{name} has no split {split!r}: choose of {', '.join(sorted(set(splits.values())))}"
        )
    if not files:
        raise AnnotateError(f"{name} has no {table}")
    return [file for file in files if split in (None, splits[file.path])]
