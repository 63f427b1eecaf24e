"""Names of annotators to pseudonyms: a keyed hash, whose key never leaves the lake's operators.

Without the key nobody can find out which of several names a pseudonym stands for, so a name may be
an e-mail address. No table holds names: the key gives the pseudonym of a name.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from fsspec.implementations.local import LocalFileSystem

from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings
from annotate.store.error_messages import user_error
from annotate.store.lake import Lake

KEY = "secrets/pseudonym.key"
"""Where a lake keeps the key that was made for it, in hexadecimal digits."""

MARK = "secrets/pseudonym.mark"
"""What tells the key that a lake's pseudonyms are made with from another; not the key itself."""

PREFIX = "ann-"
DIGITS = 16
"""64 bits: that any two of a million annotators have the same happens in 3 of 10^8 lakes."""

FORM = rf"^{PREFIX}[0-9a-f]+$"
"""What a pseudonym looks like."""


class Pseudonyms:
    """The pseudonyms of one lake.

    Args:
        key: The key, where several lakes are to know the same people by the same pseudonyms;
            without one, the lake's own, which is made at random when it is first needed.

    Raises:
        AnnotateError: If the lake's own key is lost or damaged, or none can be written.
    """

    def __init__(self, lake: Lake, key: str | None = None):
        self._key = key.encode() if key else _own_key(lake)

    def of(self, name: str) -> str:
        """The pseudonym of a name as it was given, letter by letter."""
        return PREFIX + hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:DIGITS]

    def agree_with(self, lake: Lake) -> None:
        """Note in the lake which key its pseudonyms are made with, and refuse any other from then.

        With another key every annotator would be somebody else, and nobody's consent could be
        taken back.

        Raises:
            AnnotateError: The lake's pseudonyms are made with another key.
        """
        mark = hmac.new(self._key, MARK.encode(), hashlib.sha256).hexdigest()
        fs, path = lake.blobs.filesystem, lake.blobs.path(MARK)
        try:
            if not fs.exists(path):
                make = make_here if isinstance(fs, LocalFileSystem) else create_exclusively
                with suppress(FileExistsError):  # another process was first
                    make(fs, path, mark.encode())
            known = fs.cat_file(path)
        except OSError as error:
            raise user_error(f"cannot keep the pseudonyms' mark at {path}", error) from error
        if known != mark.encode():
            raise AnnotateError(
                "pseudonym_key (ANNOTATE_PSEUDONYM_KEY) isn't the key that this lake's pseudonyms "
                "were made with: set it as it was, or leave it out if the lake made its own"
            )


def _own_key(lake: Lake) -> bytes:
    fs, path = lake.blobs.filesystem, lake.blobs.path(KEY)
    try:
        if not fs.exists(path):
            _reject_second(lake)
            make = make_here if isinstance(fs, LocalFileSystem) else create_exclusively
            with suppress(FileExistsError):  # another process was first: its key it is
                make(fs, path, secrets.token_hex(32).encode())
        key = bytes.fromhex(fs.cat_file(path).decode("ascii"))
    except OSError as error:
        raise user_error(f"cannot keep the pseudonyms' key at {path}", error) from error
    except ValueError as error:
        raise AnnotateError(f"{path} is damaged: restore it from a backup") from error
    if len(key) < 16:
        raise AnnotateError(f"{path} is damaged: restore it from a backup")
    return key


def _reject_second(lake: Lake) -> None:
    """With another key every annotator would be somebody else."""
    named = lake.scan(Recordings).filter(
        pl.col("annotator_id").str.contains(rf"^{PREFIX}[0-9a-f]{{{DIGITS}}}$")
    )
    if not named.head(1).collect().is_empty():
        raise AnnotateError(
            f"the lake has recordings and lacks {KEY}: restore it from a backup, or set "
            "pseudonym_key as it was"
        )


def make_here(fs: Any, path: str, data: bytes) -> None:
    """Write beside, sync, and link into place: the file is there whole or not at all."""
    target = Path(path)
    staged = target.parents[1] / "staging" / uuid.uuid4().hex
    staged.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, target)
    finally:
        staged.unlink(missing_ok=True)


def create_exclusively(fs: Any, path: str, data: bytes) -> None:
    """An object appears whole; where the store supports it, only if there is none yet."""
    fs.pipe_file(path, data, mode="create")
