"""Names of source folders in the lake."""

from __future__ import annotations

import re
from pathlib import Path

from annotate.model.errors import AnnotateError
from annotate.model.ids import digest

FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

SERVERS = "label-studio"
"""The first part of the names of sources on servers."""

HASH_DIGITS = 8
LONGEST = 40
"""Characters of a folder's own name in its name in the lake, at most."""


def checked_name(name: str) -> str:
    """The user's name for a source, validated.

    Raises:
        AnnotateError: If it doesn't match `FORM`.
    """
    if not FORM.fullmatch(name) or name == SERVERS:
        raise AnnotateError(
            f"--name {name!r} is no name for a source: up to 64 letters, digits and . _ -, "
            f"beginning with a letter or digit, and not {SERVERS}"
        )
    return name


def default_name(folder: Path) -> str:
    """A folder's last path component and a hash of its whole path, which is unique.

    Args:
        folder: The resolved path.
    """
    plain = re.sub(r"[^\w. -]", "_", folder.name.encode("utf-8", "replace").decode()).strip(" .-")
    return f"{plain[:LONGEST] or 'folder'}-{digest(str(folder))[:HASH_DIGITS]}"
