"""Comparison of a release with the record in the lake that made it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from annotate.model.tables import Releases, table_name
from annotate.release.manifest import Manifest, announced_hash
from annotate.release.verify import Difference, compare, manifest_of
from annotate.store.lake import Lake

Record = Literal["same", "other", "absent"]
"""The lake recorded this very release, another one of its name, or none of its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The hashes under which a lake released a version; `release_sha256` is None of old ones."""

    content_sha256: str
    release_sha256: str | None

    def covers(self, manifest: Manifest) -> bool:
        """Whether the manifest is of what was recorded."""
        if self.release_sha256 is not None:
            return manifest.release_sha256 == self.release_sha256
        return manifest.content_sha256 == self.content_sha256 and manifest.schema_version == 1


def recorded(lake: Lake, version: str) -> Recorded | None:
    """What the lake recorded of a version."""
    rows = lake.current(Releases).filter(pl.col("version") == version)
    found = rows.select("content_sha256", "release_sha256").collect().to_dicts()
    return Recorded(**found[0]) if found else None


def lake_around(folder: Path) -> Lake | None:
    """The lake in whose `releases/` a folder is, if it is in one."""
    root = folder.resolve().parent.parent
    inside = folder.resolve().parent.name == "releases"
    return Lake(root) if inside and (root / "tables" / table_name(Releases)).is_dir() else None


def record_of(lake: Lake, manifest: Manifest, name: str) -> Record:
    """The lake's record of a release.

    Args:
        name: Its expected version: its folder's name where it is in the lake.
    """
    known = recorded(lake, name)
    if known is None:
        return "absent"
    return "same" if name == manifest.version and known.covers(manifest) else "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result of the checks of a release's folder.

    Attributes:
        differences: Between the folder and its manifest.
        lake: The lake whose record was read, or None.
        record: The result of comparing with it; None without a lake.
        announced: Whether the release is the one whose hash was given; None without one.
    """

    manifest: Manifest
    differences: tuple[Difference, ...]
    lake: str | None
    record: Record | None
    announced: bool | None

    @property
    def sound(self) -> bool:
        """Whether no check failed. That is no proof where there was neither a lake nor a hash."""
        contradicted = self.record not in (None, "same") or self.announced is False
        return not self.differences and not contradicted

    @property
    def proven(self) -> bool:
        """Whether its content is authentic, by the lake's record or by the announced hash."""
        return self.sound and (self.record == "same" or self.announced is True)


def examine(folder: Path, lake: Lake | None = None, sha256: str | None = None) -> Verified:
    """Compare a release's folder with its manifest, and that with the lake's record or the hash.

    Args:
        lake: The lake that should have made it; by default the one in which the folder is.
        sha256: The release's hash as its publisher announced it.

    Raises:
        AnnotateError: There is no manifest, it is damaged, the folder can't be read, or the hash is
            invalid.
    """
    if sha256 is not None:
        announced_hash(sha256)  # before anything is read
    manifest = manifest_of(folder)
    around = lake_around(folder)
    source = lake or around
    inside = around is not None and (lake is None or Path(lake.root).resolve() == Path(around.root))
    name = folder.resolve().name if inside else manifest.version
    return Verified(
        manifest=manifest,
        differences=compare(folder, manifest),
        lake=source.root if source else None,
        record=record_of(source, manifest, name) if source else None,
        announced=manifest.is_announced_as(sha256) if sha256 else None,
    )
