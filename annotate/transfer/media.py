"""Images and audio of a release's rows, read from their source and verified by hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.release.names import is_release_file
from annotate.transfer.source import Source

_loaded: dict[str, bool] = {}
"""The releases that this process has read rows of, and whether private addresses were allowed."""


def remember(source: str | os.PathLike[str], *, allow_private: bool) -> None:
    """Record the source of rows, so that their images can be found without naming it again."""
    _loaded.pop(os.fspath(source), None)
    _loaded[os.fspath(source)] = allow_private


def fetch_media(
    path: str, source: str | os.PathLike[str] | None = None, *, allow_private: bool = False
) -> bytes:
    """A file of a release by the path that a row gives, which has its hash for a name.

    Args:
        source: The release; None looks through those that were loaded, the newest first.

    Raises:
        AnnotateError: It doesn't exist, or is damaged.
    """
    if not is_release_file(path) or not path.startswith(("images/", "audio/")):
        raise AnnotateError(f"{path!r} is no picture and no sound of a release")
    if source is not None:
        return _read(path, os.fspath(source), allow_private=allow_private)
    errors = []
    for known, allowed in reversed(_loaded.items()):
        try:
            return _read(path, known, allow_private=allowed)
        except AnnotateError as error:
            if "is incomplete: it lacks" not in str(error):
                errors.append(str(error))
    raise AnnotateError(
        f"{path} is in no release that was loaded: name the release, as in source='my-copy'"
        + (f" ({'; '.join(errors)})" if errors else "")
    )


def path_of(row: Mapping[str, Any], recording: int | str) -> str | None:
    """The path of the sound of one of a caption's recordings; None if the release has none.

    Raises:
        AnnotateError: The caption has no such recording.
    """
    sources = row["recordings"]
    if isinstance(recording, int):
        found = sources[recording : recording + 1] if recording >= 0 else []
    else:
        found = [source for source in sources if source["recording_id"] == recording]
    if not found:
        names = ", ".join(source["recording_id"] for source in sources)
        raise AnnotateError(f"no recording {recording!r} in this row, which has {names}")
    path: str | None = found[0]["audio"]
    return path


def _read(path: str, source: str, *, allow_private: bool) -> bytes:
    with Source(source, allow_private=allow_private) as release:
        data = b"".join(release.stream(path, release.limits.file_bytes))
    if hashlib.sha256(data).hexdigest() not in path:
        raise AnnotateError(f"{release.name}/{path} is damaged: fetch it again or ask its owner")
    return data
