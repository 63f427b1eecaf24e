"""A backup's index, `backup.json`: every file with its size, hash and mode.

A backup is a plain folder. It is complete when this file exists, which is written last.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from annotate.model.errors import AnnotateError

RECORD = "backup.json"
FORMAT = 1

LAKE, STUDIO, SETTINGS = "lake", "studio", "settings"
"""The parts of a backup: its folders."""

NAMED = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?")
"""The name of a backup: when it was made, in UTC."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] not in (LAKE, STUDIO, SETTINGS) or ".." in parts or "\0" in path:
        raise ValueError(f"{path!r} is no file of a backup")
    return path


Inner = Annotated[str, AfterValidator(_inside)]


class Entry(BaseModel, frozen=True, extra="forbid"):
    """One file: its path in the backup, size and hash. `mode` and time are the source's."""

    path: Inner
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    mode: int = Field(ge=0, le=0o7777)
    mtime_ns: int


class Record(BaseModel, frozen=True, extra="forbid"):
    """The content of a complete backup.

    Attributes:
        lake: The lake's path.
        data: The path of Label Studio's data.
        folders: Modes of folders by path.
        notes: Data that isn't in the backup, and where it is.
        problems: Files that couldn't be backed up as they were written.
    """

    format: int = Field(ge=1, le=FORMAT)
    annotate: str
    made_at: str
    lake: str
    data: str
    folders: dict[Inner, int]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    files: tuple[Entry, ...]

    def part(self, name: str) -> list[Entry]:
        """The files of one part."""
        return [one for one in self.files if one.path.startswith(f"{name}/")]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup on disk."""

    folder: Path
    record: Record


def names(target: Path) -> list[str]:
    """The names of the complete backups in a folder, oldest first."""
    if not target.is_dir():
        return []
    return sorted(
        one
        for one in os.listdir(target)
        if NAMED.fullmatch(one) and (target / one / RECORD).is_file()
    )


def newest(target: Path) -> Backup | None:
    """The newest complete backup in a folder of backups; None if there is none.

    Raises:
        AnnotateError: If its record can't be read.
    """
    present = names(target)
    return read(target / present[-1]) if present else None


def read(folder: Path) -> Backup:
    """A backup by its own folder.

    Raises:
        AnnotateError: If its record can't be read, or is of a later version.
    """
    path = folder / RECORD
    try:
        return Backup(folder, Record.model_validate_json(path.read_bytes()))
    except OSError as error:
        raise AnnotateError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise AnnotateError(
            f"{path} is damaged or of a later version ({where}: {first['msg']}): take another "
            "backup"
        ) from error


def journal(path: Path) -> Iterator[Entry]:
    """The files that an interrupted backup had finished; unreadable lines are left out."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield Entry.model_validate(json.loads(line))
        except ValueError:  # cut off in the middle of a line
            continue
