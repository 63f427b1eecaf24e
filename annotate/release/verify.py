"""Verification of a release against its manifest.

That proves that the folder matches its manifest, and nothing about who wrote the manifest: see
`annotate.release.origin`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST, MANIFEST_BYTES, File, Manifest, read_manifest
from annotate.release.regular_files import file_sha256, open_regular

THREADS = 4
BATCH = 1_000
"""Files submitted to the threads at once."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """One path that differs from the manifest.

    Attributes:
        kind: `missing`; `changed`, other bytes; `unlisted`, a file or folder that the manifest
            doesn't name; `not_a_file`, a link, pipe or folder where a file is expected.
    """

    path: str
    kind: Literal["missing", "changed", "unlisted", "not_a_file"]


def verify(path: str | os.PathLike[str]) -> tuple[Difference, ...]:
    """The differences between a release's folder and its manifest, by path; empty when whole.

    Raises:
        AnnotateError: There is no manifest, it is damaged, or the folder can't be read.
    """
    root = Path(path)
    return compare(root, manifest_of(root))


def manifest_of(root: Path) -> Manifest:
    """The manifest of the release in a folder.

    Raises:
        AnnotateError: There is none, or it is damaged.
    """
    return read_manifest(manifest_bytes(root), str(root))


def manifest_bytes(root: Path) -> bytes:
    """The manifest of the release in a folder, as bytes.

    Raises:
        AnnotateError: There is none, or it is longer than the largest valid one.
    """
    try:
        with open_regular(root / MANIFEST) as stream:
            data = stream.read(MANIFEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AnnotateError(f"{root} is not a release: it has no {MANIFEST}") from error
    except OSError as error:
        raise AnnotateError(f"cannot read {root}/{MANIFEST}: {error.strerror or error}") from error
    return data


def compare(root: Path, manifest: Manifest) -> tuple[Difference, ...]:
    """What differs between a folder and a manifest, by path.

    Raises:
        AnnotateError: The folder can't be read.
    """
    files = {file.path: file for file in manifest.files}
    try:
        present = dict(_walk(root, {MANIFEST, *files}))
        differences = [
            Difference(path=_shown(name), kind="unlisted")
            for name in present
            if name not in files and name != MANIFEST
        ]
        for name in files:
            if name not in present:
                differences.append(Difference(path=name, kind="missing"))
            elif not stat.S_ISREG(present[name].st_mode):
                differences.append(Difference(path=name, kind="not_a_file"))
        regular = [file for file in manifest.files if _is_regular(present, file.path)]
        differences += _changed(root, regular, present)
    except OSError as error:
        raise AnnotateError(f"cannot read {root}: {error}") from error
    return tuple(sorted(differences))


def _is_regular(present: Mapping[str, os.stat_result], path: str) -> bool:
    return path in present and stat.S_ISREG(present[path].st_mode)


def _changed(
    root: Path, files: list[File], present: Mapping[str, os.stat_result]
) -> Iterator[Difference]:
    def differs(file: File) -> bool:
        if present[file.path].st_size != file.bytes:
            return True
        return file_sha256(root / file.path) != file.sha256

    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            for file, other in zip(batch, pool.map(differs, batch), strict=True):
                if other:
                    yield Difference(path=file.path, kind="changed")


def _walk(root: Path, expected: set[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below the folder except the folders of expected files, no link followed.

    Of an unexpected folder only its name: it may contain a whole disk.
    """
    folders = {parent for path in expected for parent in _parents(path)}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(root / inside) as entries:
            for entry in entries:
                name = f"{inside}/{entry.name}" if inside else entry.name
                if name in folders and entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                else:
                    yield name, entry.stat(follow_symlinks=False)


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _shown(name: str) -> str:
    """An untrusted name, escaped so that it contains no terminal control characters."""
    return name if name.isprintable() else ascii(name)[1:-1]
