"""Where recordings are kept: a folder, or any store that fsspec knows. Whole files or none."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

_NAME = re.compile(r"[0-9a-z-]{1,90}\.(webm|ogg|m4a|mp3|wav|jpg|png|webp|json)")


class Store(Protocol):
    """Files by name. A file is there in full or isn't there; writing replaces."""

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` under `name`."""

    def create(self, name: str, data: bytes) -> bool:
        """Keep `data` under a name that nothing is kept under; False, and no change, otherwise.

        Of several that try at once, one succeeds.
        """

    def read(self, name: str) -> bytes | None:
        """What is kept under `name`; None if nothing is."""

    def remove(self, name: str) -> None:
        """Keep nothing under `name` any more."""


class FolderStore:
    """Files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Write beside, flush to disk, rename: a crash leaves the old file or the new one."""
        with self._beside(name, data) as (beside, target):
            beside.replace(target)

    def create(self, name: str, data: bytes) -> bool:
        """Write beside, flush to disk, and give it its name unless that is taken."""
        with self._beside(name, data) as (beside, target):
            try:
                target.hardlink_to(beside)
            except FileExistsError:
                return False
        return True

    def read(self, name: str) -> bytes | None:
        """What is kept under `name`; None if nothing is."""
        try:
            return (self._folder / _safe(name)).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Keep nothing under `name` any more."""
        (self._folder / _safe(name)).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _beside(self, name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        target = self._folder / _safe(name)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = target.with_name(f".{name}.{secrets.token_hex(8)}")
        try:
            # Voices are personal data: nobody else on the machine reads them.
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            yield beside, target
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
        self._flush_folder()

    def _flush_folder(self) -> None:
        """Without this a power cut may forget the rename."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class ObjectStore:
    """Objects under a URL that fsspec knows; object stores replace an object at once."""

    def __init__(self, url: str) -> None:
        fsspec: Any = importlib.import_module("fsspec")
        self._fs, self._root = fsspec.core.url_to_fs(url)

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` under `name`."""
        self._fs.pipe_file(f"{self._root}/{_safe(name)}", data)

    def create(self, name: str, data: bytes) -> bool:
        """Keep `data` under a name that nothing is kept under; the store itself decides."""
        try:
            self._fs.pipe_file(f"{self._root}/{_safe(name)}", data, mode="create")
        except FileExistsError:
            return False
        return True

    def remove(self, name: str) -> None:
        """Keep nothing under `name` any more."""
        with contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(f"{self._root}/{_safe(name)}")

    def read(self, name: str) -> bytes | None:
        """What is kept under `name`; None if nothing is."""
        try:
            data: bytes = self._fs.cat_file(f"{self._root}/{_safe(name)}")
        except FileNotFoundError:
            return None
        return data


def open_store(place: str) -> Store:
    """The store at a folder's path or a URL such as `s3://bucket/prefix`.

    Raises:
        ImportError: If it is a URL and fsspec, or its package for such URLs, isn't installed.
    """
    if "://" in place:
        return ObjectStore(place.rstrip("/"))
    return FolderStore(Path(place))


def _safe(name: str) -> str:
    """Names are made by the server; this holds even if one day one isn't."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name of ours: {name!r}")
    return name
