"""Files of a local Label Studio: database, uploads, recordings and secrets."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotate.archive.database import BESIDE, is_database
from annotate.archive.files import Wanted
from annotate.archive.listing import Tree, walk
from annotate.archive.record import STUDIO
from annotate.label_studio import secret_files
from annotate.studio_server import launch

RECORDINGS = "recordings"

STORAGE_VARIABLES = ("ANNOTATE_RECORDINGS", "POSTGRE_HOST")
"""Environment variables that name where a server stores its data."""

STARTING_S = 2.0
"""How long the environment of a process that has just started may be empty."""

REMADE = frozenset({"add-on", "lock", launch.SERVER_FILE, launch.LOG_FILE, "annotate-rates"})
"""Files that `annotate studio up` and the server create again."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The location of the recorder's files.

    Attributes:
        folder: None where that is an object store.
    """

    folder: Path | None
    named: str

    @classmethod
    def of(cls, data: Path, environment: Mapping[str, str]) -> Recordings:
        """The location by the recorder's own rule."""
        named = environment.get("ANNOTATE_RECORDINGS") or str(data / RECORDINGS)
        if "://" in named:
            return cls(None, named)
        return cls(data / named if environment.get("ANNOTATE_RECORDINGS") else Path(named), named)


def settings_of_server(data: Path, outer: Mapping[str, str]) -> dict[str, str]:
    """The variables that name a server's storage: the running server's, else this process's."""
    server = launch.find(data)
    theirs = _environment(server.pid) if server is not None else {}
    if not theirs:
        return dict(outer)
    return {**outer, **{name: theirs.get(name, "") for name in STORAGE_VARIABLES}}


def _environment(pid: int) -> dict[str, str]:
    """The environment of a process; empty if it has ended or belongs to somebody else.

    For a moment after a program's start Linux gives nothing: so it is read until something comes.
    """
    until = time.monotonic() + STARTING_S
    try:
        while not (content := Path(f"/proc/{pid}/environ").read_bytes()):
            if time.monotonic() > until:
                return {}
            time.sleep(0.01)
    except OSError:
        return {}
    lines = (line for line in content.split(b"\0") if b"=" in line)
    return dict(os.fsdecode(line).split("=", 1) for line in lines)


def databases(data: Path) -> dict[str, Path]:
    """Its SQLite databases by their paths in a backup."""
    found = {}
    for one in sorted(data.iterdir()) if data.is_dir() else ():
        if one.is_file() and not one.name.endswith(BESIDE) and is_database(one):
            found[f"{STUDIO}/{one.name}"] = one
    return found


def studio_files(data: Path, recordings: Recordings) -> Tree:
    """All other files to back up. Call it after the database was copied: it refers to these files.

    A recording's events are a chain: events that exist at one listing exist unchanged at a later
    one.
    """
    barred = {f"{STUDIO}/{name}" for name in REMADE} | set(databases(data))
    files: dict[str, Wanted] = {}
    folders: dict[str, int] = {}
    for _ in range(2):
        trees = [walk(data, STUDIO, may_vanish=True)]
        if recordings.folder is not None:
            trees.append(walk(recordings.folder, f"{STUDIO}/{RECORDINGS}", may_vanish=True))
        for tree in trees:
            files |= {one.path: one for one in tree.files if _is_included(one, barred)}
            folders |= tree.folders
    included = {path: mode for path, mode in folders.items() if not _below(path, barred)}
    return Tree(files=list(files.values()), folders=included)


def notes(data: Path, recordings: Recordings, environment: Mapping[str, str]) -> list[str]:
    """Data that isn't in a backup of this server, and how to back it up."""
    found = []
    if not data.is_dir():
        return [f"there is no Label Studio in {data}: one elsewhere is backed up where it runs"]
    host = environment.get("POSTGRE_HOST")
    if host or ((data / secret_files.ADMIN_FILE).exists() and not databases(data)):
        where = f" at {host}" if host else ""
        found.append(
            f"Label Studio's database is in Postgres{where}: back it up after this with pg_dump "
            "--format=custom --file=FILE NAME, and restore it with pg_restore"
        )
    if recordings.folder and recordings.folder.resolve() != (data / RECORDINGS).resolve():
        found.append(
            f"the recordings were at {recordings.named}: restoring writes them to "
            f"{STUDIO}/{RECORDINGS}, so start the server without ANNOTATE_RECORDINGS"
        )
    if recordings.folder is None:
        found.append(
            f"the recordings are at {recordings.named}: back them up with that store's tools"
        )
    return found


def _is_included(wanted: Wanted, barred: set[str]) -> bool:
    name = os.path.basename(wanted.path)
    half_written = name.startswith(".") and name != ".env"
    return not (half_written or name.endswith(BESIDE) or _below(wanted.path, barred))


def _below(path: str, barred: set[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in barred)
