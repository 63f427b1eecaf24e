"""Download of a release file by file over several connections, each verified by its hash."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from annotate.model.errors import AnnotateError
from annotate.release.manifest import File, Manifest, announced_hash
from annotate.transfer.limits import Limits
from annotate.transfer.source import Source
from annotate.transfer.target import Target

THREADS = 8
"""Files fetched at a time."""
BATCH = 256
"""Files submitted to the threads at once: after a failure no more than these are tried."""

Progress = Callable[[int, int], None]
"""Called with the number of bytes so far and the total."""


class Fetched(NamedTuple):
    """A release that was copied: its folder, and how many of its files had to be fetched."""

    folder: Path
    files: int
    fetched: int


def fetch(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    sha256: str | None = None,
    allow_private: bool = False,
    limits: Limits | None = None,
) -> Fetched:
    """Download a release, as `annotate.client.pull`, and count the fetched files.

    Raises:
        AnnotateError: As in `annotate.client.pull`.
    """
    bounds = limits or Limits()
    wanted = announced_hash(sha256) if sha256 is not None else None
    with Source(source, allow_private=allow_private, limits=bounds) as release:
        manifest, data = release.manifest()
        warn_if_old(manifest, release.name, frames=4)
        if wanted is not None and not manifest.is_announced_as(wanted):
            own = manifest.release_sha256 or manifest.content_sha256
            raise AnnotateError(
                f"{release.name} is not the release that was announced: its hash is {own}"
            )
        bounds.check(manifest, release.name)
        target = Target(Path(destination), manifest, data)
        target.begin(bounds)
        fetched = _fetch_all(release, target, manifest, progress)
        target.finish()
    return Fetched(Path(destination), len(manifest.files), fetched)


def _fetch_all(
    release: Source, target: Target, manifest: Manifest, progress: Progress | None
) -> int:
    """Fetch the missing files; returns their number."""
    total = sum(file.bytes for file in manifest.files)
    done = fetched = 0
    stop = threading.Event()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for start in range(0, len(manifest.files), BATCH):
                batch = manifest.files[start : start + BATCH]
                jobs = pool.map(lambda file: _fetch(release, target, file, stop), batch)
                for file, missing in zip(batch, jobs, strict=True):
                    done += file.bytes
                    fetched += missing
                    if progress:
                        progress(done, total)
        finally:
            stop.set()  # after a failure the others of the batch are abandoned
    return fetched


def _fetch(release: Source, target: Target, file: File, stop: threading.Event) -> bool:
    """Fetch a file, unless it exists with its hash; whether it had to be fetched."""

    def chunks() -> Iterator[bytes]:
        for chunk in release.stream(file.path, file.bytes):
            if stop.is_set():
                return
            yield chunk

    if stop.is_set() or target.has(file):
        return False
    if not target.put(file, chunks()) and not stop.is_set():
        raise damaged(release, file)
    return True


def damaged(release: Source, file: File) -> AnnotateError:
    """The error for a file that differs from its manifest."""
    return AnnotateError(f"{release.name}/{file.path} is damaged: fetch it again or ask its owner")


def warn_if_old(manifest: Manifest, name: str, frames: int = 3) -> None:
    """Warn of a release of version 0.1.

    Args:
        frames: The stack level of the caller whose line the warning names.
    """
    if manifest.schema_version == 1:
        warnings.warn(
            f"{name} was made by version 0.1: no hash covers its viewer, counts and version",
            stacklevel=frames,
        )
