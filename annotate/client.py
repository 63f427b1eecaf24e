"""The API for researchers: pull a release, read it, trace a word back to its audio.

Needs `polars` and `fsspec` and nothing of the recognizer, the lake or Label Studio.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.notebook import Shown
from annotate.release.manifest import File, Manifest
from annotate.transfer.fetch import Progress, damaged, fetch, warn_if_old
from annotate.transfer.limits import Limits
from annotate.transfer.media import fetch_media, path_of, remember
from annotate.transfer.source import Source
from annotate.transfer.verification_cache import verify_once

TableName = Literal["captions", "narrations"]


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
        warn_if_old(held, release.name)
        files = _table_files(held, split, table, release.name)
        if verify and release.folder is not None:
            verify_once(release.folder, held, data)
        frames = [_frame(release, file, verify=verify) for file in files]
    remember(source, allow_private=allow_private)
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
        warn_if_old(held, release.name)
        files = _table_files(held, split, table, release.name)
        if verify:
            verify_once(release.folder, held, data)
        paths = [release.folder / file.path for file in files]
        remember(source, allow_private=False)
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


def image(
    row: Mapping[str, Any],
    source: str | os.PathLike[str] | None = None,
    *,
    allow_private: bool = False,
) -> bytes:
    """The image file of a row of captions, checked against its hash.

    `PIL.Image.open(io.BytesIO(client.image(row)))` gives it to Pillow.

    Args:
        source: The release; by default one of those that were loaded.

    Raises:
        AnnotateError: The release has no images, or this one isn't there or is damaged.
    """
    if (path := row["image_url"]) is None:
        raise AnnotateError("this release has captions without the images")
    return fetch_media(path, source, allow_private=allow_private)


def audio(
    row: Mapping[str, Any],
    recording: int | str = 0,
    source: str | os.PathLike[str] | None = None,
    *,
    allow_private: bool = False,
) -> bytes:
    """The sound file of one of the recordings that a row's caption is made of.

    It is checked against its hash. All times of words are on its clock, in whatever container it
    is; `av`, torchcodec and FFmpeg read them all.

    Args:
        recording: Its place in `row["recordings"]`, or its id.
        source: The release; by default one of those that were loaded.

    Raises:
        AnnotateError: There is no such recording, the release has no sound, or it is damaged.
    """
    if (path := path_of(row, recording)) is None:
        raise AnnotateError("this release has captions without the recordings")
    return fetch_media(path, source, allow_private=allow_private)


def show(
    row: Mapping[str, Any],
    source: str | os.PathLike[str] | None = None,
    *,
    allow_private: bool = False,
) -> Shown:
    """A row of captions to look at: in a notebook its image with the points, and the caption.

    Point at a word to see who said it and when, and where the annotator pointed. In a terminal
    it is the caption alone.

    Args:
        row: One row, as `frame.row(0, named=True)` gives it.
        source: The release; by default one of those that were loaded.

    Raises:
        AnnotateError: It is no such row, or its image isn't there or is damaged.
    """
    if not isinstance(row, Mapping) or "caption" not in row:
        raise AnnotateError("show takes one row of captions: captions.row(0, named=True)")
    has_image = row["image_url"] is not None
    return Shown(row, image(row, source, allow_private=allow_private) if has_image else None)


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
    return fetch(
        source,
        destination,
        progress,
        sha256=sha256,
        allow_private=allow_private,
        limits=limits,
    ).folder


def _frame(release: Source, file: File, *, verify: bool) -> pl.DataFrame:
    most = file.bytes if verify else release.limits.file_bytes
    data = b"".join(release.stream(file.path, most))
    if verify and hashlib.sha256(data).hexdigest() != file.sha256:
        raise damaged(release, file)
    try:
        return pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise AnnotateError(f"{release.name}/{file.path} is no parquet file") from error


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
