"""Secrets in files that only their owner can read; never on a command line, never in a log."""

from __future__ import annotations

import json
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotate.model.errors import AnnotateError

DATA = Path("data/studio")
"""Default data directory of a server started by `annotate studio up`."""

ADMIN_FILE = "admin.json"
TOKEN_FILE = "token"  # noqa: S105 - the name of a file
WEBHOOK_FILE = "webhook-secret"
ADMIN_EMAIL = "admin@annotate.local"
SECRET_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """The account that owns the projects of a server started by `annotate studio up`."""

    email: str
    password: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def administrator(data: Path) -> tuple[Administrator, bool]:
    """The administrator stored in a data directory, and whether this call created it.

    Raises:
        AnnotateError: If the file can't be read or written.
    """
    path = data / ADMIN_FILE
    if path.exists():
        try:
            return Administrator(**json.loads(path.read_text("utf-8"))), False
        except (OSError, ValueError, TypeError) as error:
            raise AnnotateError(
                f"{path} can't be read ({type(error).__name__}): restore it from a backup, or move "
                "it away and reset the password in Label Studio"
            ) from error
    new = Administrator(email=ADMIN_EMAIL, password=secrets.token_urlsafe(SECRET_BYTES))
    save(data, new)
    return new, True


def save(data: Path, admin: Administrator) -> None:
    """Write the administrator's file, and the token in a separate file for other commands."""
    stored = {"email": admin.email, "password": admin.password, "token": admin.token}
    write_private(data / ADMIN_FILE, json.dumps(stored, indent=2) + "\n")
    if admin.token:
        write_private(data / TOKEN_FILE, admin.token + "\n")


def with_token(admin: Administrator, token: str) -> Administrator:
    """The same account with another token."""
    return replace(admin, token=token)


def webhook_secret(path: Path, *, make: bool) -> str:
    """The webhook secret from a file; created if the file is missing and `make` is set.

    Raises:
        AnnotateError: If there is none or it is too short.
    """
    if make and not path.exists():
        write_private(path, secrets.token_urlsafe(SECRET_BYTES) + "\n")
    found = read_secret(path)
    if len(found) < 16:
        raise AnnotateError(f"the secret in {path} has fewer than 16 characters: make a longer one")
    return found


def read_secret(path: Path) -> str:
    """The content of a file, or a line of standard input for `-`, without surrounding whitespace.

    Raises:
        AnnotateError: If it can't be read or is empty.
    """
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise AnnotateError(f"no secret in {path}: {why}") from error
    if not text.strip():
        raise AnnotateError(f"no secret in {path}: it is empty")
    return text.strip()


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, with permissions for its owner only from the start.

    Raises:
        AnnotateError: If it can't be written.
    """
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        staged.replace(path)
    except OSError as error:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise AnnotateError(f"cannot write {path}: {error.strerror}") from error
