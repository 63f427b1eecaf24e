"""Pseudonyms of annotators: a keyed hash of the name, whose key only the lake's operators have.

Without the key nobody can find out which of several names belongs to a pseudonym, so a name may be
an e-mail address. No table contains names: a pseudonym is computed from the name and the key.
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
"""Path of the key that was generated for a lake, in hexadecimal digits."""

MARK = "secrets/pseudonym.mark"
"""Path of a fingerprint of the key of a lake's pseudonyms, which doesn't reveal the key."""

PREFIX = "ann-"
DIGITS = 16
"""64 bits: a million annotators have a collision in 3 of 10^8 lakes."""

FORM = rf"^{PREFIX}[0-9a-f]+$"
"""Pattern of a pseudonym."""


class Pseudonyms:
    """The pseudonyms of one lake.

    Args:
        key: The key, if several lakes are to use the same pseudonyms for the same people; by
            default the lake's own, which is generated at random when it is first needed.

    Raises:
        AnnotateError: If the lake's own key is lost or damaged, or none can be written.
    """

    def __init__(self, lake: Lake, key: str | None = None):
        self._key = key.encode() if key else _own_key(lake)

    def of(self, name: str) -> str:
        """The pseudonym of a name; the name is not normalized."""
        return PREFIX + hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:DIGITS]

    def agree_with(self, lake: Lake) -> None:
        """Write the key's fingerprint to the lake, or compare the key with the one written.

        With another key every annotator would get another pseudonym, and no consent could be
        withdrawn.

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
            with suppress(FileExistsError):  # another process was first: its key is used
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
    """Check that the lake has no pseudonyms yet: a new key would change all of them."""
    named = lake.scan(Recordings).filter(
        pl.col("annotator_id").str.contains(rf"^{PREFIX}[0-9a-f]{{{DIGITS}}}$")
    )
    if not named.head(1).collect().is_empty():
        raise AnnotateError(
            f"the lake has recordings and lacks {KEY}: restore it from a backup, or set "
            "pseudonym_key as it was"
        )


def make_here(fs: Any, path: str, data: bytes) -> None:
    """Write to a staging file, sync, and link it to the path, so that it is never partial."""
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
    """Write an object; where the store supports it, only if there is none yet."""
    fs.pipe_file(path, data, mode="create")
