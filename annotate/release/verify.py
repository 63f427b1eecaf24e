"""Hash a release's files again and say what differs from its manifest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST, read_manifest


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """One file that isn't as the manifest says."""

    path: str
    kind: Literal["missing", "changed", "unlisted"]


def verify(path: str | os.PathLike[str]) -> tuple[Difference, ...]:
    """The differences between a release's folder and its manifest, by path; empty when whole.

    Raises:
        AnnotateError: There is no manifest, or it is itself damaged.
    """
    root = Path(path)
    manifest_path = root / MANIFEST
    if not manifest_path.is_file():
        raise AnnotateError(f"{root} is not a release: it has no {MANIFEST}")
    files = {file.path: file for file in read_manifest(manifest_path.read_bytes(), str(root)).files}
    there = {found.relative_to(root).as_posix() for found in root.rglob("*") if found.is_file()} - {
        MANIFEST
    }
    differences = [Difference(path=name, kind="unlisted") for name in there - set(files)]
    for name, file in files.items():
        if name not in there:
            differences.append(Difference(path=name, kind="missing"))
        elif file_sha256(root / name) != file.sha256:
            differences.append(Difference(path=name, kind="changed"))
    return tuple(sorted(differences))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
