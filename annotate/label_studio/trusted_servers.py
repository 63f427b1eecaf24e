"""Servers that a token may be sent to: the user's own list, not the working folder's.

A settings file in the working folder may come from anybody who made that folder. So an address
that stands only there gets no token from elsewhere before the user has named it once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError

FOLDER = "annotate-aloud"
FILE = "servers.json"
PORTS = {"http": 80, "https": 443}


def path() -> Path:
    """Where the list lies, among the user's other settings."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / FOLDER / FILE


def origin(url: str) -> str:
    """The server of an address: scheme, host and port, written one way.

    Raises:
        AnnotateError: If it is no address of a server, or one with a name or password in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname or port is None:
        raise AnnotateError(f"{url!r} is no address of a Label Studio: it begins with https://")
    if parts.username is not None or parts.password is not None:
        raise AnnotateError(
            f"the address of {parts.hostname} holds a name or password: leave them out"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def confirmed() -> frozenset[str]:
    """The servers that the user has named.

    Raises:
        AnnotateError: If the list can't be read.
    """
    try:
        known = json.loads(path().read_text("utf-8"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        raise AnnotateError(f"cannot read {path()}: mend or remove it") from error
    if not isinstance(known, list) or not all(isinstance(one, str) for one in known):
        raise AnnotateError(f"{path()} holds no list of servers: mend or remove it")
    return frozenset(known)


def confirm(url: str) -> None:
    """Remember that the user has named this server.

    Raises:
        AnnotateError: If the list can't be read or written.
    """
    known = confirmed()
    if origin(url) not in known:
        secret_files.write_private(
            path(), json.dumps(sorted({*known, origin(url)}), indent=2) + "\n"
        )


def check(url: str, named_in: str) -> None:
    """Let a token from elsewhere go to an address that stands in a settings file.

    Raises:
        AnnotateError: If the user has never named that server.
    """
    known = confirmed()
    if origin(url) in known:
        return
    others = ", ".join(sorted(known)) or "none"
    raise AnnotateError(
        f"{named_in} names {url} as Label Studio, and the token comes from elsewhere: it isn't "
        f"sent to a server that you haven't named yourself (named so far: {others}). If it is "
        f"yours, run annotate studio login --url {url} once, or set ANNOTATE_LABEL_STUDIO__URL"
    )
