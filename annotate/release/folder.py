"""The folder that a release is written into, and its atomic renaming.

On a local disk the files are written to a staging folder, which is renamed when complete. Object
storage cannot rename a folder, so there the files are written to their final paths, and the
manifest, without which nothing counts as a release, is written last. Either way a killed run leaves
files that the next run verifies and reuses.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fsspec.implementations.local import LocalFileSystem

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.release.manifest import MANIFEST, File, Manifest, read_manifest
from annotate.store.blobs import Blobs
from annotate.store.lake import Lake

THREADS = 8
"""Blobs copied at a time: enough to hide the latency of an object store."""
BATCH = 1_000
"""Blobs submitted to the threads at once: a million waiting at a time would fill the memory."""


class ReleaseFolder:
    """`<lake root>/releases/<version>/`. One process at a time may write a given version."""

    def __init__(self, lake: Lake, version: str):
        self._fs, root = lake.location.fs, lake.location.base
        self._renames = isinstance(self._fs, LocalFileSystem)
        self.version = version
        self.path = f"{root}/releases/{version}"
        self._staging = f"{root}/releases/.{version}.staging" if self._renames else self.path

    def manifest(self) -> Manifest | None:
        """The manifest of the complete release at this path, if there is one."""
        path = f"{self.path}/{MANIFEST}"
        return read_manifest(self._fs.cat_file(path), self.path) if self._fs.exists(path) else None

    def write(self, path: str, data: bytes) -> File:
        """Write one file, unless a killed run left it complete."""
        file = File(path=path, bytes=len(data), sha256=sha256_hex(data))
        target = f"{self._staging}/{path}"
        if not self._holds(target, file):
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(target, data)
        return file

    def copy_blobs(self, blobs: Blobs, copies: list[tuple[File, str]]) -> None:
        """Copy blobs, each given as the file it becomes and its key in the lake.

        Raises:
            AnnotateError: A blob's bytes no longer have the hash in its name.
        """

        def copy(job: tuple[File, str]) -> None:
            file, key = job
            if self._holds(f"{self._staging}/{file.path}", file):
                return
            data = blobs.get(key)
            if sha256_hex(data) != file.sha256:
                raise AnnotateError(f"the lake's {key} is damaged: restore it from a backup")
            self.write(file.path, data)

        with ThreadPoolExecutor(THREADS) as pool:
            for start in range(0, len(copies), BATCH):
                list(pool.map(copy, copies[start : start + BATCH]))

    def complete(self, manifest: Manifest, final_check: Callable[[], None]) -> None:
        """Delete leftovers of an earlier, killed run, write the manifest and publish the release.

        Args:
            final_check: Called directly before the release is published.

        Raises:
            AnnotateError: As raised by `final_check`: then all written files are deleted.
        """
        wanted = {f"{self._staging}/{file.path}" for file in manifest.files}
        for found in self._fs.find(self._staging):
            if found not in wanted:
                self._fs.rm_file(found)
        if self._renames:
            self.write(MANIFEST, manifest.to_bytes())
        try:
            final_check()
        except AnnotateError:
            self._fs.rm(self._staging, recursive=True)
            raise
        if self._renames:
            self._show()
        else:
            self.write(MANIFEST, manifest.to_bytes())

    def _show(self) -> None:
        try:
            os.rename(self._staging, self.path)
        except OSError as error:
            raise AnnotateError(
                f"{self.path} is in the way and isn't a whole release: move it away and try again"
            ) from error

    def _holds(self, target: str, file: File) -> bool:
        if not self._fs.exists(target) or self._fs.size(target) != file.bytes:
            return False
        return sha256_hex(self._fs.cat_file(target)) == file.sha256
