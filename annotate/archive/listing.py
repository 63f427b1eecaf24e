"""The files below a folder, and the folders' modes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from annotate.archive.files import Wanted


@dataclass(frozen=True, slots=True)
class Tree:
    """Files to back up, and modes of folders by path."""

    files: list[Wanted] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)


def walk(root: Path, path: str, *, may_vanish: bool = False) -> Tree:
    """Every regular file below a folder; nothing if there is no such folder.

    Links to folders are followed, each folder once. Names that aren't UTF-8 are ignored: this
    project writes none.

    Args:
        path: The folder's path in the backup.
    """
    tree, seen = Tree(), set[str]()
    _walk(root, path, tree, seen, may_vanish)
    return tree


def _walk(folder: Path, path: str, tree: Tree, seen: set[str], may_vanish: bool) -> None:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        tree.folders[path] = stat.S_IMODE(os.stat(folder).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in listed:
        at = f"{path}/{entry.name}"
        if entry.is_dir():
            _walk(folder / entry.name, at, tree, seen, may_vanish)
        elif entry.is_file():
            tree.files.append(Wanted(path=at, at=folder / entry.name, may_vanish=may_vanish))
