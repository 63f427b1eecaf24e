"""Whether a release is the one that a lake recorded when it made it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from annotate.model.tables import Releases, table_name
from annotate.release.manifest import Manifest
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
    """The lake in whose `releases/` a folder lies, if it does."""
    root = folder.resolve().parent.parent
    inside = folder.resolve().parent.name == "releases"
    return Lake(root) if inside and (root / "tables" / table_name(Releases)).is_dir() else None


def record_of(lake: Lake, manifest: Manifest, name: str) -> Record:
    """What the lake says of a release.

    Args:
        name: What it should be called: its folder's name where it lies in the lake.
    """
    known = recorded(lake, name)
    if known is None:
        return "absent"
    return "same" if name == manifest.version and known.covers(manifest) else "other"
