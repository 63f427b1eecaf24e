"""What a source folder is called in the lake."""

from __future__ import annotations

import re
from pathlib import Path

from annotate.model.errors import AnnotateError
from annotate.model.ids import digest

FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

SERVERS = "label-studio"
"""What the sources on servers are called."""

HASH_DIGITS = 8
LONGEST = 40
"""Characters of a folder's own name that its name in the lake keeps."""


def checked_name(name: str) -> str:
    """A name that somebody gave.

    Raises:
        AnnotateError: If it isn't of the form.
    """
    if not FORM.fullmatch(name) or name == SERVERS:
        raise AnnotateError(
            f"--name {name!r} is no name for a source: up to 64 letters, digits and . _ -, "
            f"beginning with a letter or digit, and not {SERVERS}"
        )
    return name


def default_name(folder: Path) -> str:
    """A folder's last name and a hash of its whole path, which no other folder has.

    Args:
        folder: The resolved path.
    """
    plain = re.sub(r"[^\w. -]", "_", folder.name.encode("utf-8", "replace").decode()).strip(" .-")
    return f"{plain[:LONGEST] or 'folder'}-{digest(str(folder))[:HASH_DIGITS]}"
