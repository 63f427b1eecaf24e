"""Files beside the tables, named by the SHA-256 of what is in them.

A blob is written beside its place and renamed into it, so whatever bears a blob's name is whole.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.store.faults import told
from annotate.store.place import Place

ABANDONED_SECONDS = 86_400


class Blobs:
    """The blobs of one lake.

    Args:
        place: Where the lake is.
    """

    def __init__(self, place: Place):
        self._fs, self._root = place.fs, place.base

    def put(self, kind: str, data: bytes, suffix: str) -> str:
        """Store `data` and return its key, `blobs/KIND/ab/abcd….SUFFIX`.

        Storing the same bytes again does nothing. `suffix` must come from what the bytes are,
        never from the name under which they arrived.
        """
        sha256 = sha256_hex(data)
        key = f"blobs/{kind}/{sha256[:2]}/{sha256}.{suffix}"
        self.write(key, data)
        return key

    def write(self, key: str, data: bytes) -> None:
        """Write a file under the lake's root in one step, unless it's there already."""
        path = self.path(key)
        if self._fs.exists(path):
            return
        staged = f"{self._root}/staging/{uuid.uuid4().hex}"
        try:
            for folder in (staged, path):
                self._fs.makedirs(folder.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(staged, data)
            self._fs.mv(staged, path)
        except OSError as error:
            raise told(f"cannot write to the lake at {self._root}", error) from error

    def get(self, key: str) -> bytes:
        """The bytes stored under a key."""
        try:
            data: bytes = self._fs.cat_file(self.path(key))
        except FileNotFoundError as error:
            raise AnnotateError(f"the lake has lost {key}: restore it from a backup") from error
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
