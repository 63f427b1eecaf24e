"""Restoring a backup into empty folders: each part appears completely or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from annotate.archive import record
from annotate.archive.files import PERMISSIONS, entry_of, put_back, sync
from annotate.archive.record import LAKE, SETTINGS, STUDIO, Backup, Entry
from annotate.model.errors import AnnotateError
from annotate.store.error_messages import user_error

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of a restoration.

    Attributes:
        parts: The path of each part.
        restored_before: Parts that an earlier run had restored from this backup.
    """

    backup: Backup
    parts: Mapping[str, Path]
    restored_before: tuple[str, ...]


def find(source: Path) -> Backup:
    """A backup by its folder, or the newest of a folder of backups.

    Raises:
        AnnotateError: There is none.
    """
    if (source / record.RECORD).is_file():
        return record.read(source)
    backup = record.newest(source)
    if backup is None:
        raise AnnotateError(f"no backup in {source}: name a folder to which annotate backup wrote")
    return backup


def restore(backup: Backup, lake: Path, data: Path, progress: Progress | None = None) -> Restored:
    """Restore the lake and Label Studio's data; every file is compared with its hash.

    Killed and run again it continues. No existing file is changed.

    Raises:
        AnnotateError: A target isn't empty, a file of the backup is damaged, or one can't be
            written.
    """
    _reject_inside_the_backups(backup.folder, lake, data)
    wanted = {LAKE: lake, STUDIO: data}
    places = {part: place for part, place in wanted.items() if backup.record.part(part)}
    if LAKE in places and STUDIO in places:
        _reject_nested(lake, data)
    restored = [part for part, place in places.items() if _has_it(backup, part, place)]
    missing = {part: place for part, place in places.items() if part not in restored}
    total = sum(len(backup.record.part(part)) for part in missing)
    done = 0
    try:
        # All parts are complete before any is renamed to its final path.
        for part, place in missing.items():
            with _alone(place):
                for _ in _bring(backup, part, _staging(place)):
                    done += 1
                    if progress:
                        progress(done, total)
        for place in missing.values():
            _staging(place).rename(place)
            sync(place.parent)
    except OSError as error:
        raise user_error(f"cannot restore {backup.folder}", error) from error
    return Restored(backup=backup, parts=places, restored_before=tuple(restored))


def _reject_inside_the_backups(backup: Path, *targets: Path) -> None:
    """A folder of backups must contain nothing else: the next backup into it would be rejected."""
    backups = backup.resolve().parent
    for target in targets:
        if target.resolve() == backups or backups in target.resolve().parents:
            raise AnnotateError(f"{target} is among the backups in {backups}: name another path")


def settings_file(backup: Backup) -> Path | None:
    """The settings file in the backup, which a person checks and copies to its place."""
    found = backup.record.part(SETTINGS)
    return backup.folder / found[0].path if found else None


def _bring(backup: Backup, part: str, staging: Path) -> Iterator[None]:
    """Copy a part into a staging folder beside its target, folder modes last."""
    staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    entries = backup.record.part(part)
    damaged = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for entry, sound in zip(
            entries, pool.map(lambda one: _one(backup, one, part, staging), entries), strict=True
        ):
            if not sound:
                damaged.append(entry.path)
            yield
    if damaged:
        raise AnnotateError(_about_damage(backup, damaged))
    _clear(staging, {staging / _inner(entry.path, part) for entry in entries})
    folders = {path: mode for path, mode in backup.record.folders.items() if _is_of(path, part)}
    for path in sorted(folders):
        (staging / _inner(path, part)).mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, mode in sorted(folders.items(), reverse=True):
        (staging / _inner(path, part)).chmod(mode & PERMISSIONS | stat.S_IRWXU)


def _one(backup: Backup, entry: Entry, part: str, staging: Path) -> bool:
    target = staging / _inner(entry.path, part)
    if target.is_file() and _is(target, entry):  # an interrupted restore wrote it
        return True
    try:
        return put_back(entry, backup.folder, target)
    except FileNotFoundError:
        return False


def _about_damage(backup: Backup, damaged: Sequence[str]) -> str:
    others = [name for name in record.names(backup.folder.parent) if name != backup.folder.name]
    more = f" and {len(damaged) - 1:,} more" if len(damaged) > 1 else ""
    advice = f"take another of them: {', '.join(others[-3:])}" if others else "it is the only one"
    return (
        f"{backup.folder / damaged[0]}{more}: damaged or missing in the backup, nothing was "
        f"restored; {advice}"
    )


def _has_it(backup: Backup, part: str, place: Path) -> bool:
    """Whether a path contains exactly the backup's part.

    Raises:
        AnnotateError: If it contains anything else.
    """
    if not place.exists() and not place.is_symlink():
        return False
    if not place.is_dir():
        raise AnnotateError(f"{place} exists and is no folder: name another path")
    found = [Path(at) / name for at, _, names in os.walk(place) for name in names]
    if not found and not os.listdir(place):
        return False
    entries = {place / _inner(one.path, part): one for one in backup.record.part(part)}
    if found and set(found) == set(entries) and all(_is(at, entries[at]) for at in found):
        return True
    raise AnnotateError(
        f"{place} isn't empty, and restoring overwrites nothing: move it away, or name another "
        f"place with {'--lake' if part == LAKE else '--data'}"
    )


def _is(file: Path, entry: Entry) -> bool:
    if file.stat().st_size != entry.bytes:
        return False
    return entry_of(file, entry.path).sha256 == entry.sha256


def _reject_nested(lake: Path, data: Path) -> None:
    first, second = lake.resolve(), data.resolve()
    if first == second or first in second.parents or second in first.parents:
        raise AnnotateError(f"the lake {lake} and {data} overlap: name separate folders")


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    staging = _staging(place)
    staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise AnnotateError(f"{place} is being restored by another command") from error
    finally:
        os.close(handle)


def _staging(place: Path) -> Path:
    return place.with_name(f".{place.name}.restoring")


def _clear(staging: Path, backup: set[Path]) -> None:
    for folder, _, names in os.walk(staging):
        for name in names:
            at = Path(folder) / name
            if at not in backup:
                at.unlink()


def _is_of(path: str, part: str) -> bool:
    return path == part or path.startswith(f"{part}/")


def _inner(path: str, part: str) -> str:
    return path.removeprefix(part).lstrip("/")
