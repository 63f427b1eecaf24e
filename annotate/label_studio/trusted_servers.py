"""The user's list of servers that a token may be sent to.

A settings file in the working folder may be written by whoever made that folder. So a token from
another source isn't sent to a server named only there until the user has confirmed the server once.
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
    """Path of the list, in the user's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / FOLDER / FILE


def origin(url: str) -> str:
    """The origin of a URL in a normalized form: scheme, host and port.

    Raises:
        AnnotateError: If it is no URL of a server, or contains a user name or password.
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
            f"the address of {parts.hostname} contains a name or password: leave them out"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def confirmed() -> frozenset[str]:
    """The servers that the user has confirmed.

    Raises:
        AnnotateError: If the list can't be read.
    """
    try:
        known = json.loads(path().read_text("utf-8"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        raise AnnotateError(f"cannot read {path()}: correct or remove it") from error
    if not isinstance(known, list) or not all(isinstance(one, str) for one in known):
        raise AnnotateError(f"{path()} is not a list of servers: correct or remove it")
    return frozenset(known)


def confirm(url: str) -> None:
    """Add a server to the confirmed ones.

    Raises:
        AnnotateError: If the list can't be read or written.
    """
    known = confirmed()
    if origin(url) not in known:
        secret_files.write_private(
            path(), json.dumps(sorted({*known, origin(url)}), indent=2) + "\n"
        )


def check(url: str, named_in: str) -> None:
    """Check that a token from another source may be sent to a URL from a settings file.

    Raises:
        AnnotateError: If the user hasn't confirmed that server.
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
