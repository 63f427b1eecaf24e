"""Lookup of undamaged copies of a lake's files in a backup: another lake, or any folder."""

from __future__ import annotations

import os
from functools import cached_property

from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.store import deltalog, parquet
from annotate.store.location import LOG, LakeLocation


class Backup:
    """A backup with possible copies of a lake's files.

    Args:
        source: The root of a copy of the lake, or a folder with the files as they were received.

    Raises:
        AnnotateError: `source` does not exist.
    """

    def __init__(self, source: str):
        self._location = LakeLocation(source, {})
        if not self._location.fs.exists(self._location.base):
            raise AnnotateError(f"{source} not found: name a copy of the lake, or a folder")

    def blob(self, key: str, sha256: str) -> bytes | None:
        """The bytes of a blob, under its key or under any name."""
        data = self._read(f"{self._location.base}/{key}")
        if data is not None and sha256_hex(data) == sha256:
            return data
        path = self._by_hash.get(sha256)
        return self._read(path) if path else None

    def table_file(self, table: str, name: str, size: int) -> bytes | None:
        """The bytes of a table's file, if there is an undamaged copy."""
        path = self._local(f"tables/{table}/{name}")
        if path is None or os.stat(path).st_size != size or parquet.damage(path):
            return None
        return self._read(path)

    def log_file(self, table: str, name: str) -> bytes | None:
        """The bytes of a file of a table's log, if there is an undamaged copy."""
        path = self._local(f"tables/{table}/{LOG}/{name}")
        return self._read(path) if path and deltalog.is_commit(path) else None

    def log(self, table: str) -> dict[str, bytes]:
        """Every file of a table's log; empty unless all of its commits are undamaged."""
        folder = self._local_folder(f"tables/{table}")
        if folder is None or list(deltalog.errors(folder)):
            return {}
        log = os.path.join(folder, LOG)
        files = [name for name in os.listdir(log) if os.path.isfile(os.path.join(log, name))]
        read = {name: self._read(os.path.join(log, name)) for name in files}
        return {name: data for name, data in read.items() if data is not None}

    def _local_folder(self, key: str) -> str | None:
        path = f"{self._location.base}/{key}"
        return path if self._location.folder and os.path.isdir(os.path.join(path, LOG)) else None

    def _local(self, key: str) -> str | None:
        path = f"{self._location.base}/{key}"
        return path if self._location.folder and os.path.isfile(path) else None

    def _read(self, path: str) -> bytes | None:
        try:
            data: bytes = self._location.fs.cat_file(path)
        except OSError:
            return None
        return data

    @cached_property
    def _by_hash(self) -> dict[str, str]:
        """Every file by the hash of its bytes: built once, and only if a key isn't found."""
        found: dict[str, str] = {}
        for path, info in self._location.fs.find(self._location.base, detail=True).items():
            if info.get("type") == "file" and (data := self._read(path)) is not None:
                found.setdefault(sha256_hex(data), path)
        return found
