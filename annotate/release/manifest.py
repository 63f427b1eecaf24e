"""The release's list of its files: what makes it immutable, and what a download is checked by.

Only the standard library is used here: researchers import this through `annotate.client`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from annotate.model.errors import AnnotateError

MANIFEST = "manifest.json"
VIEWER = "index.html"
SCHEMA_VERSION = 1
"""Raised when a reader of older releases would misread newer ones."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class File:
    """One file of a release; `path` is relative to its folder, with `/` between the parts."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a release holds.

    Attributes:
        content_sha256: Over all files but the viewer, which is only a view of them and bears the
            version's name; see `content_hash`.
        counts: Images, recordings, words and the like.
        step_keys: For each table that was read, one hash over the step keys of the rows used.
        files: Every file but the manifest itself, sorted by path.
    """

    version: str
    content_sha256: str
    counts: Mapping[str, int]
    step_keys: Mapping[str, str]
    files: tuple[File, ...]

    def to_bytes(self) -> bytes:
        """The manifest as it is written: one file a line, so that people can compare two."""
        head = {
            "schema_version": SCHEMA_VERSION,
            "version": self.version,
            "content_sha256": self.content_sha256,
            "counts": dict(self.counts),
            "step_keys": dict(self.step_keys),
        }
        files = ",\n".join(
            json.dumps({"path": file.path, "bytes": file.bytes, "sha256": file.sha256})
            for file in self.files
        )
        opening = json.dumps(head, indent=1, sort_keys=True).removesuffix("\n}")
        return f'{opening},\n "files": [\n{files}\n]}}\n'.encode()


def content_hash(files: Iterable[File]) -> str:
    """SHA-256 of a line `SHA256  PATH` for each file in order of path, the viewer left out."""
    lines = (f"{file.sha256}  {file.path}\n" for file in sorted(files) if file.path != VIEWER)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_manifest(data: bytes, origin: str) -> Manifest:
    """Parse and distrust a manifest.

    Raises:
        AnnotateError: It isn't a manifest, is of a newer kind, or names files outside its folder.
    """
    try:
        raw = json.loads(data)
        newer = int(raw["schema_version"]) > SCHEMA_VERSION
        files = () if newer else tuple(sorted(_read_file(item, origin) for item in raw["files"]))
        manifest = Manifest(
            version=str(raw["version"]),
            content_sha256=str(raw["content_sha256"]),
            counts={str(name): int(count) for name, count in raw["counts"].items()},
            step_keys={str(name): str(key) for name, key in raw["step_keys"].items()},
            files=files,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnnotateError(f"{origin}: {MANIFEST} is damaged; fetch the release again") from error
    if newer:
        raise AnnotateError(f"{origin}: made by a newer version; upgrade with `pip install -U`")
    if content_hash(manifest.files) != manifest.content_sha256:
        raise AnnotateError(f"{origin}: {MANIFEST} contradicts itself; fetch the release again")
    return manifest


def _read_file(raw: Mapping[str, Any], origin: str) -> File:
    file = File(path=str(raw["path"]), bytes=int(raw["bytes"]), sha256=str(raw["sha256"]))
    if not is_inside(file.path):
        raise AnnotateError(f"{origin}: {MANIFEST} names {file.path!r}, outside the release")
    if not _SHA256.fullmatch(file.sha256) or file.bytes < 0:
        raise ValueError(file.path)
    return file


def is_inside(path: str) -> bool:
    """Whether a path from a manifest stays in the release's folder, on any operating system."""
    parts = path.split("/")
    odd = any(part in ("", ".", "..") or part != part.strip() for part in parts)
    plain = not odd and not re.search(r"[\\:\x00-\x1f\x7f]", path)
    return plain and not PurePosixPath(path).is_absolute() and path != MANIFEST
