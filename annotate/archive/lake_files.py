"""A lake's files, in an order in which a copy made during writes is consistent.

A table consists of the files that its log names. So every log is listed first, those of later
stages before those of earlier ones, and only listed files are copied: the rows that a row refers to
were written before it, and are in a log that is listed later. Data files, blobs and releases exist
before a commit names them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from annotate.archive.files import Wanted
from annotate.archive.listing import Tree, walk
from annotate.archive.record import LAKE
from annotate.model.claims import CLAIMS
from annotate.store.blobs import NAMED
from annotate.store.deltalog import COMMIT, NOTES
from annotate.store.location import LOG
from annotate.store.parquet import NAME as PART

LATE_FIRST = ("releases", "reviews", "captions", "verdicts", "narrations", "transcripts")
"""Tables whose rows refer to others, those furthest from the recordings first."""

EARLY_LAST = ("recordings", "places", "submissions", "consents", "traces", "images", "gold")
"""Tables that others refer to, last."""

POINTER = "_last_checkpoint"


def lake_files(root: Path) -> Tree:
    """The files of a lake to back up: tables, blobs, releases and secrets.

    Claims and partly written files aren't among them: no run that continues from a copy needs them.
    """
    files: list[Wanted] = []
    folders: dict[str, int] = {}
    tables = root / "tables"
    names = _in_order(_folders(tables))
    # Marks of tables that were ever written: one without its log would be reported as a loss.
    marks = [name for name in _listed(tables / NOTES) if name in names]
    for name in names:
        files += _log(tables / name, f"{LAKE}/tables/{name}")
    files += [Wanted(path=f"{LAKE}/tables/{NOTES}/{name}", at=None) for name in marks]
    for name in names:
        files += _data(tables / name, f"{LAKE}/tables/{name}")
    for part in ("blobs", "releases", "secrets"):
        tree = walk(root / part, f"{LAKE}/{part}")
        files += [_named(one) for one in tree.files]
        folders |= tree.folders
    return Tree(files=files, folders={**_modes(root, names), **folders})


def _in_order(names: Sequence[str]) -> list[str]:
    known = (*LATE_FIRST, *EARLY_LAST)
    others = [name for name in names if name not in known]
    order = [*LATE_FIRST, *sorted(others), *EARLY_LAST]
    return [name for name in order if name in names]


def _log(table: Path, path: str) -> Iterator[Wanted]:
    """A table's log as it is now, with its note: a commit is always written before its note."""
    notes = _listed(table / NOTES)
    pointer = table / LOG / POINTER
    with suppress(FileNotFoundError):
        yield Wanted(path=f"{path}/{LOG}/{POINTER}", at=None, content=pointer.read_bytes())
    for name in _listed(table / LOG):
        if COMMIT.fullmatch(name) or ("checkpoint" in name and name != POINTER):
            # Commits that a checkpoint covers may be cleaned away.
            yield Wanted(path=f"{path}/{LOG}/{name}", at=table / LOG / name, may_vanish=True)
    yield from (Wanted(path=f"{path}/{NOTES}/{name}", at=None) for name in notes)


def _data(table: Path, path: str) -> Iterator[Wanted]:
    for name in _listed(table):
        if name.endswith(".parquet") and (table / name).is_file():
            named = PART.fullmatch(name)
            digits = named[1] if named else ""
            yield Wanted(path=f"{path}/{name}", at=table / name, sha256=digits, may_vanish=True)


def _named(wanted: Wanted) -> Wanted:
    """The file, with the hash in its name if it is a blob."""
    named = NAMED.match(wanted.path.removeprefix(f"{LAKE}/"))
    if named is None:
        return wanted
    return Wanted(path=wanted.path, at=wanted.at, sha256=named[1])


def _folders(tables: Path) -> list[str]:
    present = [name for name in _listed(tables) if (tables / name / LOG).is_dir()]
    return [name for name in present if name not in (CLAIMS, NOTES)]


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _modes(root: Path, tables: Sequence[str]) -> dict[str, int]:
    below = [f"tables/{name}{inner}" for name in tables for inner in ("", f"/{LOG}", f"/{NOTES}")]
    folders = {f"{LAKE}/{path}": root / path for path in ("tables", f"tables/{NOTES}", *below)}
    return {
        path: stat.S_IMODE(at.stat().st_mode)
        for path, at in {LAKE: root, **folders}.items()
        if at.is_dir()
    }
