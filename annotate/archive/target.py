"""Validation of what is backed up and where to, before anything is written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annotate.archive.record import RECORD
from annotate.model.errors import AnnotateError
from annotate.store.location import LakeLocation

PARTIAL, JOURNAL, LOCK = ".partial", ".journal", ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """The source of a backup.

    Attributes:
        lake: The lake's location.
        data: The data folder of `annotate studio up`.
        settings: The settings file, if there is one.
        environment: The variables with the paths of the server's files.
    """

    lake: LakeLocation
    data: Path
    settings: Path | None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Reject a second backup into the folder at the same time."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (target / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnnotateError(f"another backup to {target} is being made: wait for it") from error
        yield


def is_lake(place: LakeLocation) -> bool:
    """Whether there is a lake in a folder."""
    return place.folder is not None and any(
        os.path.isdir(os.path.join(place.folder, part)) for part in ("tables", "blobs", "secrets")
    )


def check(what: What, target: Path) -> None:
    """Check that there is something to back up, and that the folder is for backups.

    Raises:
        AnnotateError: If not.
    """
    if what.lake.folder and not is_lake(what.lake) and not what.data.is_dir():
        raise AnnotateError(
            f"nothing to back up: there is no lake at {what.lake.base} and no Label Studio in "
            f"{what.data.absolute()}"
        )
    _reject_inside(target, what.lake.folder, what.data)
    if target.exists() and not target.is_dir():
        raise AnnotateError(f"{target} is no folder: name one for backups")
    ours = {PARTIAL, LOCK, "lost+found"}
    for name in sorted(os.listdir(target)) if target.is_dir() else ():
        if name not in ours and not (target / name / RECORD).is_file():
            raise AnnotateError(f"{target} contains other files ({name}): name an empty folder")


def _reject_inside(target: Path, lake: str | None, data: Path) -> None:
    """Check that the folder of backups is apart from the source.

    Raises:
        AnnotateError: If one is inside the other.
    """
    ours = target.resolve()
    for source in (Path(lake).resolve() if lake else None, data.resolve()):
        if source and (ours == source or source in ours.parents or ours in source.parents):
            raise AnnotateError(f"{target} is inside or around {source}: name a folder elsewhere")
