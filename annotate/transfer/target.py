"""Target folder of a download: an empty one, or one of an interrupted download."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST, File, Manifest, read_manifest
from annotate.release.regular_files import file_sha256, open_regular
from annotate.release.verify import manifest_bytes
from annotate.transfer.limits import Limits, in_gib

MARK = ".annotate-pull"
"""The file in a folder that a pull has begun and not finished; no release has a file of this
name."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class Target:
    """A folder to fetch a release into.

    Args:
        root: The folder; made if it doesn't exist.
        manifest: The release's.
        data: The manifest's bytes at the source.
    """

    def __init__(self, root: Path, manifest: Manifest, data: bytes | bytearray):
        self.root, self._manifest, self._data = root, manifest, data
        self._mark = hashlib.sha256(data).hexdigest()
        self._safe: set[Path] = set()

    def begin(self, limits: Limits) -> None:
        """Mark the folder as begun for this release.

        Raises:
            AnnotateError: It contains something else, or the disk is too full.
        """
        try:
            whole = self._is_ours()
            made = not os.path.lexists(self.root)
            if not whole:
                self.root.mkdir(parents=True, exist_ok=True)
                self._replace(self.root / MARK, self._mark.encode())
            try:
                self._require_space(limits)
            except AnnotateError:
                if made:
                    (self.root / MARK).unlink()
                    self.root.rmdir()
                raise
        except OSError as error:
            raise _cannot_write(self.root, error) from error

    def finish(self) -> None:
        """Write the manifest, without which nothing is a release.

        Raises:
            AnnotateError: It can't be written.
        """
        try:
            self._replace(self.root / MANIFEST, self._data)
            (self.root / MARK).unlink(missing_ok=True)
        except OSError as error:
            raise _cannot_write(self.root, error) from error

    def has(self, file: File) -> bool:
        """Whether the file exists with the size and hash in the manifest."""
        target = self._path(file)
        try:
            return target.lstat().st_size == file.bytes and file_sha256(target) == file.sha256
        except OSError:
            return False

    def put(self, file: File, chunks: Iterator[bytes]) -> bool:
        """Write a file under a temporary name, compare it with its hash, and rename it.

        Returns:
            Whether the chunks are the file. If not, nothing of them stays.

        Raises:
            AnnotateError: It can't be written.
        """
        target = self._path(file)
        beside = _beside(target)
        sha256, size = hashlib.sha256(), 0
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _new(beside) as out:
                for chunk in chunks:
                    size += len(chunk)
                    if size > file.bytes:
                        return False
                    sha256.update(chunk)
                    out.write(chunk)
            if size != file.bytes or sha256.hexdigest() != file.sha256:
                return False
            beside.replace(target)
        except OSError as error:
            raise _cannot_write(target, error) from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        return True

    def _is_ours(self) -> bool:
        """Whether the folder has the whole release; an error where it has other content."""
        if not os.path.lexists(self.root):
            return False
        if not self.root.is_dir():
            raise AnnotateError(f"{self.root} is not a folder: choose another name")
        names = set(os.listdir(self.root)) - {
            _beside(Path(MARK)).name
        }  # an incomplete mark counts as none
        if MANIFEST in names:
            present = manifest_bytes(self.root)
            if present != self._data:
                other = read_manifest(present, str(self.root)).version
                raise AnnotateError(f"{self.root} contains release {other}: choose another folder")
            return True
        if MARK in names and names != {MARK} and self._read_mark() != self._mark:
            raise AnnotateError(
                f"{self.root} was begun for another release: choose another folder, or empty it"
            )
        if names and MARK not in names:
            raise AnnotateError(f"{self.root} is not empty: choose an empty folder")
        return False

    def _read_mark(self) -> str:
        with open_regular(self.root / MARK) as stream:
            return stream.read(100).decode("ascii", "replace").strip()

    def _require_space(self, limits: Limits) -> None:
        missing = sum(file.bytes for file in self._manifest.files if not self._may_be(file))
        free = shutil.disk_usage(self.root).free
        if missing and missing + limits.spare_bytes > free:
            needed = in_gib(missing + limits.spare_bytes)
            raise AnnotateError(
                f"{self.root} lacks room: {needed} are needed and {in_gib(free)} are free"
            )

    def _may_be(self, file: File) -> bool:
        try:
            return (self.root / file.path).lstat().st_size == file.bytes
        except OSError:
            return False

    def _replace(self, target: Path, data: bytes | bytearray) -> None:
        beside = _beside(target)
        with _new(beside) as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(target)

    def _path(self, file: File) -> Path:
        """A file's path; a link inside the folder may not lead out of it."""
        target = self.root / file.path
        if target.parent not in self._safe:
            if not target.parent.resolve().is_relative_to(self.root.resolve()):
                raise AnnotateError(f"{target.parent} leads out of {self.root}: remove that link")
            self._safe.add(target.parent)
        return target


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def _new(path: Path) -> BinaryIO:
    """A new file: an existing file or link of this name is removed and not written to."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, _NEW, 0o666), "wb")


def _cannot_write(path: Path, error: OSError) -> AnnotateError:
    return AnnotateError(
        f"cannot write {path} ({error.strerror or error}): choose a folder that you may write to"
    )
