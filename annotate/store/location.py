"""Location of a lake: any path that the file system allows, or an object store's URL.

Delta Lake's library, polars and fsspec parse a path as a URL. They decode percent-encoded
characters, some of them twice, interpret brackets as patterns, and fail on control characters. So
such paths are not passed to them: fsspec and polars receive absolute paths without patterns, and
Delta Lake opens the log of a table through a symbolic link with a plain name.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from annotate.model.errors import AnnotateError

PLAIN = re.compile(r"[A-Za-z0-9/._+=@,-]+")
"""Paths that all libraries interpret alike."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

LOG = "_delta_log"

PARTS = ("tables", "blobs", "releases", "staging", "secrets")
"""The folders of a lake."""


class LakeLocation:
    """A lake's root.

    Args:
        root: A path or URL. `~` at its start is the user's home.
        storage_options: Credentials and other options of the object store; for a URL.

    Attributes:
        root: As given, for messages.
        folder: The absolute path; None for an object store.
        fs: The file system, fsspec's.
        base: The root in that file system.

    Raises:
        AnnotateError: If it isn't a valid path, or the URL's scheme isn't supported.
    """

    def __init__(self, root: str, storage_options: Mapping[str, Any]):
        _reject_unreadable(root)
        self.root = root.rstrip("/") or "/"
        self.folder: str | None = None
        self._links: str | None = None
        if URL.match(root) and not root.startswith("file://"):
            try:
                self.fs, self.base = fsspec.core.url_to_fs(self.root, **storage_options)
            except (ImportError, ValueError) as error:
                raise AnnotateError(f"no lake can be at {self.root}: {error}") from error
            return
        path = unquote(urlsplit(root).path) if root.startswith("file://") else root
        self.folder = self.base = os.path.abspath(_at_home(path))
        self.fs = LocalFileSystem(auto_mkdir=False)

    @property
    def shown(self) -> str:
        """The absolute path or URL, for messages: a relative path would be ambiguous."""
        return self.folder or self.root

    def reject_missing(self) -> None:
        """Check that there is a lake.

        Raises:
            AnnotateError: If there is none.
        """
        if not any(self.fs.isdir(f"{self.base}/{part}") for part in ("tables", "blobs")):
            raise AnnotateError(
                f"there is no lake at {self.shown}: annotate run makes one; name another with "
                "--lake (the demo's is data/lake/demo)"
            )

    def table(self, name: str) -> str:
        """The path or URL of a table."""
        return f"{self.base if self.folder else self.root}/tables/{name}"

    def keep_private(self, umask: int) -> None:
        """Set the umask of this process and remove its permissions from the lake's folders.

        Existing files are protected by the permissions of the folders. The root itself is left
        unchanged: others may need it as well.
        """
        os.umask(umask)
        for name in PARTS if self.folder else ():
            with suppress(OSError):  # it doesn't exist, or belongs to another user
                path = os.path.join(self.base, name)
                mode = os.stat(path).st_mode
                if mode & umask:
                    os.chmod(path, stat.S_IMODE(mode) & ~umask)

    def delta_uri(self, name: str) -> str:
        """The path or URL under which Delta Lake's library reads and writes the table's log.

        Data files aren't under it.
        """
        table = self.table(name)
        if self.folder is None or PLAIN.fullmatch(os.path.realpath(table)):
            return table
        if self._links is None or not os.path.isdir(self._links):
            self._links = _plain_folder()
            weakref.finalize(self, _forget, self._links, os.getpid())
        alias = os.path.join(self._links, name)
        if not os.path.lexists(f"{alias}/{LOG}"):
            os.makedirs(alias, exist_ok=True)
            os.symlink(f"{table}/{LOG}", f"{alias}/{LOG}")
        return alias


def _at_home(path: str) -> str:
    return os.path.expanduser(path) if path == "~" or path.startswith("~/") else path


def _reject_unreadable(root: str) -> None:
    try:
        root.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AnnotateError(f"{root!a} isn't UTF-8: choose another name for it") from error
    if not root or "\0" in root:
        raise AnnotateError(f"no lake can be at {root!r}: give a folder or a URL")


def _plain_folder() -> str:
    """A new folder with a plain name, for links.

    Raises:
        AnnotateError: If no suitable folder is writable.
    """
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108
        if PLAIN.fullmatch(os.path.realpath(parent)) and os.access(parent, os.W_OK):
            return os.path.realpath(tempfile.mkdtemp(prefix="annotate-lake-", dir=parent))
    raise AnnotateError("no temporary folder can be written: set TMPDIR to one with a plain name")


def _forget(links: str, owner: int) -> None:
    """Remove the links at the end of the process that made them, not of its children."""
    if os.getpid() == owner:
        shutil.rmtree(Path(links), ignore_errors=True)
