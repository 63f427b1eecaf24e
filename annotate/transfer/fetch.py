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
"""Files handed to the threads at once: after a failure no more than these are tried."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are there so far and the bytes that there will be."""


class Fetched(NamedTuple):
    """A release that was copied: where to, and how many of its files had to be fetched."""

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
    """What `annotate.client.pull` does, and how much of it there was to do.

    Raises:
        AnnotateError: As that does.
    """
    bounds = limits or Limits()
    wanted = announced_hash(sha256) if sha256 is not None else None
    with Source(source, allow_private=allow_private, limits=bounds) as release:
        held, data = release.manifest()
        warn_if_old(held, release.name, frames=4)
        if wanted is not None and not held.is_announced_as(wanted):
            own = held.release_sha256 or held.content_sha256
            raise AnnotateError(
                f"{release.name} is not the release that was announced: its hash is {own}"
            )
        bounds.check(held, release.name)
        target = Target(Path(destination), held, data)
        target.begin(bounds)
        fetched = _fetch_all(release, target, held, progress)
        target.finish()
    return Fetched(Path(destination), len(held.files), fetched)


def _fetch_all(release: Source, target: Target, held: Manifest, progress: Progress | None) -> int:
    """Fetch what isn't there, and say how many files that were."""
    total = sum(file.bytes for file in held.files)
    done = fetched = 0
    stop = threading.Event()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for start in range(0, len(held.files), BATCH):
                batch = held.files[start : start + BATCH]
                jobs = pool.map(lambda file: _fetch(release, target, file, stop), batch)
                for file, missing in zip(batch, jobs, strict=True):
                    done += file.bytes
                    fetched += missing
                    if progress:
                        progress(done, total)
        finally:
            stop.set()  # after a failure nobody waits for the others of the batch
    return fetched


def _fetch(release: Source, target: Target, file: File, stop: threading.Event) -> bool:
    """Fetch a file, unless it is there as it should be; whether it had to be fetched."""

    def pieces() -> Iterator[bytes]:
        for piece in release.stream(file.path, file.bytes):
            if stop.is_set():
                return
            yield piece

    if stop.is_set() or target.has(file):
        return False
    if not target.put(file, pieces()) and not stop.is_set():
        raise damaged(release, file)
    return True


def damaged(release: Source, file: File) -> AnnotateError:
    """What is said of a file that isn't what its manifest promises."""
    return AnnotateError(f"{release.name}/{file.path} is damaged: fetch it again or ask its owner")


def warn_if_old(held: Manifest, name: str, frames: int = 3) -> None:
    """Warn of a release of version 0.1.

    Args:
        frames: How far up the caller is whose line the warning is about.
    """
    if held.schema_version == 1:
        warnings.warn(
            f"{name} was made by version 0.1: no hash covers its viewer, counts and version",
            stacklevel=frames,
        )
