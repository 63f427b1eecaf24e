"""The user's list of data folders of local Label Studio servers.

Without the list, a start in another working folder would silently create a second server with other
accounts.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from shlex import quote

from annotate.label_studio import secret_files, trusted_servers
from annotate.model.errors import AnnotateError
from annotate.studio_server import launch

FILE = "studios.json"


def remember(data: Path) -> None:
    """Add a data folder to the list; errors in writing the list are ignored."""
    with suppress(AnnotateError, OSError):
        path = trusted_servers.path().with_name(FILE)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders = sorted({*map(str, all_of_them()), str(data.resolve())})
        secret_files.write_private(path, json.dumps(folders, indent=2) + "\n")


def all_of_them() -> list[Path]:
    """The listed data folders that still exist."""
    try:
        listed = json.loads(trusted_servers.path().with_name(FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    folders = [Path(one) for one in listed if isinstance(one, str)] if type(listed) is list else []
    return [one for one in folders if (one / secret_files.ADMIN_FILE).is_file()]


def elsewhere(data: Path) -> Path | None:
    """Another server's data folder if `data` contains none; a running server takes precedence."""
    if (data / secret_files.ADMIN_FILE).is_file():
        return None
    others = [one for one in all_of_them() if one != data.resolve()]
    running = [one for one in others if launch.find(one)]
    return next(iter([*running, *others]), None)


def described(data: Path) -> str:
    """A data folder with its server's state: `/home/ann/data/studio, which runs at http://…`."""
    server = launch.find(data)
    return f"{data}, which runs at {server.url}" if server else f"{data}, which doesn't run now"


def reject_second(data: Path) -> None:
    """Check that a start in the default folder doesn't create a second server by mistake.

    Args:
        data: The data folder. Any other than the default was given explicitly and is accepted.

    Raises:
        AnnotateError: If there is a server elsewhere.
    """
    other = elsewhere(data) if data == secret_files.DATA else None
    if other is not None:
        raise AnnotateError(
            f"you have a Label Studio already: {described(other)}. To use it, give "
            f"--data {quote(str(other))}; "
            f"for a second one here, --data {quote(str(data.absolute()))}"
        )
