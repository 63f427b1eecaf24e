"""Limits on what a download may cost before it is abandoned."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST_BYTES, MAX_FILES, Manifest

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper limits of a download, wide enough for a release of a million images.

    Attributes:
        manifest_bytes: Length of the manifest.
        files: Files that it may name.
        file_bytes: Length of one file.
        total_bytes: Length of all files together.
        spare_bytes: Free space that must be left on the disk.
        response_seconds: From the start of a connection to the end of the response's header.
        stall_seconds, stall_bytes: A transfer of fewer bytes in so many seconds has stalled.
    """

    manifest_bytes: int = MANIFEST_BYTES
    files: int = MAX_FILES
    file_bytes: int = 64 * GIB
    total_bytes: int = 16 * 1024 * GIB
    spare_bytes: int = 64 * 2**20
    response_seconds: float = 30.0
    stall_seconds: float = 30.0
    stall_bytes: int = 16 * 2**10

    def check(self, manifest: Manifest, name: str) -> None:
        """Reject a manifest that exceeds the limits.

        Raises:
            AnnotateError: The manifest lists too many files or bytes.
        """
        total = sum(file.bytes for file in manifest.files)
        longest = max((file.bytes for file in manifest.files), default=0)
        if len(manifest.files) > self.files:
            raise AnnotateError(
                f"{name} has {len(manifest.files):,} files: no more than {self.files:,} are fetched"
            )
        if longest > self.file_bytes or total > self.total_bytes:
            raise AnnotateError(
                f"{name} lists {in_gib(total)}, {in_gib(longest)} in one file: no more than "
                f"{in_gib(self.total_bytes)}, {in_gib(self.file_bytes)} in one are fetched"
            )


def in_gib(count: int) -> str:
    """A number of bytes as text, in GiB or MiB."""
    return f"{count / GIB:,.1f} GiB" if count > GIB / 10 else f"{count / 2**20:,.1f} MiB"
