"""Files beside the tables, named by the SHA-256 of what is in them.

A blob is written beside its place, synced, and renamed into it, so whatever bears a blob's name was
whole when it was written. Disks lose bits after that: what is read is compared with its name, and
storing the same bytes again replaces a damaged copy.
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
        place: Where the lake is.
    """

    def __init__(self, place: LakeLocation):
        self._fs, self._root = place.fs, place.base
        self._local = place.folder is not None

    def put(self, kind: str, data: bytes, suffix: str) -> str:
        """Store `data` and return its key, `blobs/KIND/ab/abcd….SUFFIX`.

        Storing the same bytes again does nothing, unless what is there is damaged. `suffix` must
        come from what the bytes are, never from the name under which they arrived.
        """
        sha256 = sha256_hex(data)
        key = f"blobs/{kind}/{sha256[:2]}/{sha256}.{suffix}"
        if not self.is_sound(key):
            self.replace(key, data)
        return key

    def write(self, key: str, data: bytes) -> None:
        """Write a file under the lake's root in one step, unless it's there already."""
        if not self._fs.exists(self.path(key)):
            self.replace(key, data)

    def replace(self, key: str, data: bytes) -> None:
        """Write a file under the lake's root in one step, also in place of another."""
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
        """Have a file or folder on the disk before a table names it; object stores do so."""
        if not self._local:
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def is_sound(self, key: str) -> bool:
        """Whether a blob is there, and its bytes are those that its name says."""
        named = NAMED.match(key)
        try:
            data: bytes = self._fs.cat_file(self.path(key))
        except OSError:  # gone, or on a part of the disk that can't be read
            return False
        return named is None or sha256_hex(data) == named[1]

    def get(self, key: str) -> bytes:
        """The bytes stored under a key.

        Raises:
            AnnotateError: There are none, or a blob's aren't those that its name says.
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
        """Delete what killed runs left half written more than a day ago; return how many files.

        What can't be deleted stays: a lake that may only be read can be read.
        """
        abandoned = [
            path
            for path, facts in self._fs.find(f"{self._root}/staging", detail=True).items()
            if time.time() - facts.get("mtime", time.time()) > ABANDONED_SECONDS
        ]
        swept = 0
        for path in abandoned:
            with suppress(OSError):
                self._fs.rm_file(path)
                swept += 1
        return swept

    def remove(self, key: str) -> None:
        """Delete what is stored under a key."""
        self._fs.rm_file(self.path(key))

    @property
    def filesystem(self) -> Any:
        """Where the files are, as `fsspec` knows it; `path` names them there."""
        return self._fs

    def path(self, key: str) -> str:
        """Where a key lies in the file system."""
        return f"{self._root}/{key}"
