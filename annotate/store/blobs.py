"""Content-addressed files outside the tables, named by the SHA-256 of their bytes.

A blob is written to a staging path, synced, and renamed to its path, so a file with a blob's name
was complete when it was written. Disks may lose bits later: the bytes are compared with the name
when they are read, and storing the same bytes again replaces a damaged copy.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from contextlib import suppress
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.store.error_messages import RESTORE, user_error
from annotate.store.location import LakeLocation

ABANDONED_SECONDS = 86_400

NAMED = re.compile(r"^blobs/[a-z]+/[0-9a-f]{2}/([0-9a-f]{64})\.[a-z0-9]+$")
"""The key of a blob; the group is the SHA-256 of its bytes."""


class Blobs:
    """The blobs of one lake.

    Args:
        location: The lake's location.
    """

    def __init__(self, location: LakeLocation):
        self._fs, self._root = location.fs, location.base
        self._local = location.folder is not None

    def put(self, kind: str, data: bytes, suffix: str) -> str:
        """Store `data` and return its key, `blobs/KIND/ab/abcd….SUFFIX`.

        Storing the same bytes again does nothing, unless the stored copy is damaged. `suffix` must
        be derived from the bytes, never from the name under which they were received.
        """
        sha256 = sha256_hex(data)
        key = f"blobs/{kind}/{sha256[:2]}/{sha256}.{suffix}"
        if not self.is_sound(key):
            self.replace(key, data)
        return key

    def write(self, key: str, data: bytes) -> None:
        """Write a file under the lake's root atomically, unless it exists already."""
        if not self._fs.exists(self.path(key)):
            self.replace(key, data)

    def replace(self, key: str, data: bytes) -> None:
        """Write a file under the lake's root atomically, replacing an existing one."""
        path = self.path(key)
        staged = f"{self._root}/staging/{uuid.uuid4().hex}"
        try:
            for folder in (staged, path):
                self._fs.makedirs(folder.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(staged, data)
            self._sync(staged)
            self._fs.mv(staged, path)
            self._sync(path.rpartition("/")[0])
        except OSError as error:
            raise user_error(f"cannot write to the lake at {self._root}", error) from error

    def _sync(self, path: str) -> None:
        """Sync a local file or folder to disk before a table names it; object stores do so."""
        if not self._local:
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def is_sound(self, key: str) -> bool:
        """Whether a blob exists and its bytes have the hash in its name."""
        named = NAMED.match(key)
        try:
            data: bytes = self._fs.cat_file(self.path(key))
        except OSError:  # missing, or on an unreadable part of the disk
            return False
        return named is None or sha256_hex(data) == named[1]

    def get(self, key: str) -> bytes:
        """The bytes stored under a key.

        Raises:
            AnnotateError: There are none, or a blob's bytes don't have the hash in its name.
        """
        try:
            data: bytes = self._fs.cat_file(self.path(key))
        except FileNotFoundError as error:
            raise AnnotateError(f"the lake has lost {key}: {RESTORE}") from error
        named = NAMED.match(key)
        if named is not None and sha256_hex(data) != named[1]:
            raise AnnotateError(f"{key} in the lake is damaged: {RESTORE}")
        return data

    def sweep_staging(self) -> int:
        """Delete staged files of killed runs that are more than a day old; return their number.

        Files that can't be deleted stay, so that a read-only lake can be read.
        """
        abandoned = [
            path
            for path, info in self._fs.find(f"{self._root}/staging", detail=True).items()
            if time.time() - info.get("mtime", time.time()) > ABANDONED_SECONDS
        ]
        swept = 0
        for path in abandoned:
            with suppress(OSError):
                self._fs.rm_file(path)
                swept += 1
        return swept

    def remove(self, key: str) -> None:
        """Delete the file stored under a key."""
        self._fs.rm_file(self.path(key))

    @property
    def filesystem(self) -> Any:
        """The `fsspec` file system of the files; `path` gives their paths in it."""
        return self._fs

    def path(self, key: str) -> str:
        """The path of a key in the file system."""
        return f"{self._root}/{key}"
