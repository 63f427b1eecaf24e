"""Source of a release: a local folder, a web server, or another fsspec file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from annotate.model.errors import AnnotateError
from annotate.release.manifest import (
    FILES,
    HEAD_BYTES,
    MANIFEST,
    Manifest,
    read_manifest,
)
from annotate.release.regular_files import NotRegularError, open_regular
from annotate.transfer.http import CHUNK_BYTES, Http, MissingError
from annotate.transfer.limits import Limits

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


class Source:
    """A release to read from.

    Args:
        source: A folder or a URL.
        allow_private: Whether a web server may have an address of a private network.

    Attributes:
        name: For messages, without login and query.
        folder: The local folder, or None.

    Raises:
        AnnotateError: Nothing can be read from such an address.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        allow_private: bool = False,
        limits: Limits | None = None,
    ):
        text = os.fspath(source)
        self.limits = limits or Limits()
        self.folder: Path | None = None
        self.name = text.rstrip("/") or text
        self._http: Http | None = None
        scheme, marked, _ = text.partition("://")
        if not marked:
            self.folder = Path(text).expanduser()
        elif not _SCHEME.fullmatch(scheme):
            raise AnnotateError(f"cannot read {text}: give the address itself, without '::'")
        elif scheme.lower() in ("http", "https"):
            self._http = Http(text, allow_private=allow_private, limits=self.limits)
            self.name = self._http.name
        elif scheme.lower() in ("file", "local"):
            self.folder = Path(LocalFileSystem._strip_protocol(text))
        else:
            self._fs, self._root = _file_system(self.name)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        if self._http:
            self._http.__exit__(*error)

    def manifest(self) -> tuple[Manifest, bytearray]:
        """The manifest, and its bytes.

        Raises:
            AnnotateError: There is none, it is damaged, or longer than the limit.
        """
        data = bytearray()
        for chunk in self.stream(MANIFEST, self.limits.manifest_bytes):
            data += chunk
            if len(data) > HEAD_BYTES and data.find(FILES, 0, HEAD_BYTES) < 0:
                break  # no manifest has this length
        if len(data) > self.limits.manifest_bytes:
            raise AnnotateError(f"{self.name}: {MANIFEST} is longer than the limit")
        return read_manifest(data, self.name), data

    def stream(self, path: str, most: int) -> Iterator[bytes]:
        """The bytes of a file, cut off once they are more than `most`.

        Raises:
            AnnotateError: It doesn't exist or can't be read.
        """
        try:
            if self._http:
                yield from self._http.stream(path, most)
            else:
                yield from self._chunks(path, most + 1)
        except (FileNotFoundError, NotADirectoryError, MissingError) as error:
            hint = "is not a release: it has no" if path == MANIFEST else "is incomplete: it lacks"
            raise AnnotateError(f"{self.name} {hint} {path}") from error
        except NotRegularError as error:
            raise AnnotateError(f"{self.name}/{path} is not a file") from error
        except AnnotateError:
            raise
        except Exception as error:  # each kind of storage has errors of its own
            line = (str(error) or type(error).__name__).splitlines()[0]
            raise AnnotateError(f"cannot read {self.name}: {line}") from error

    def _chunks(self, path: str, left: int) -> Iterator[bytes]:
        with self._opened(path) as stream:
            while left > 0 and (chunk := stream.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk

    def _opened(self, path: str) -> AbstractContextManager[Any]:
        if self.folder is None:
            opened: AbstractContextManager[Any] = self._fs.open(f"{self._root}/{path}", "rb")
            return opened
        whole = (self.folder / path).resolve()
        if not whole.is_relative_to(self.folder.resolve()):
            raise AnnotateError(f"{self.name}/{path} leads out of the release: not followed")
        return open_regular(whole)


def _file_system(name: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        found: tuple[fsspec.AbstractFileSystem, str] = fsspec.core.url_to_fs(name)
    except (ImportError, ValueError) as error:
        line = (str(error) or type(error).__name__).splitlines()[0]
        raise AnnotateError(f"cannot read {name}: {line}") from error
    return found
