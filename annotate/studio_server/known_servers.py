"""Where this user has Label Studios of their own: found again from any folder.

Without this a start in another folder would make a second one in silence, with other accounts.
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
    """Note a data folder. A note that can't be written is no reason not to work."""
    with suppress(AnnotateError, OSError):
        path = trusted_servers.path().with_name(FILE)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders = sorted({*map(str, all_of_them()), str(data.resolve())})
        secret_files.write_private(path, json.dumps(folders, indent=2) + "\n")


def all_of_them() -> list[Path]:
    """The data folders that are still there."""
    try:
        listed = json.loads(trusted_servers.path().with_name(FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    folders = [Path(one) for one in listed if isinstance(one, str)] if type(listed) is list else []
    return [one for one in folders if (one / secret_files.ADMIN_FILE).is_file()]


def elsewhere(data: Path) -> Path | None:
    """The data folder of another one, if there is none in this folder: first one that runs."""
    if (data / secret_files.ADMIN_FILE).is_file():
        return None
    others = [one for one in all_of_them() if one != data.resolve()]
    running = [one for one in others if launch.find(one)]
    return next(iter([*running, *others]), None)


def described(data: Path) -> str:
    """`/home/ann/data/studio, which runs at http://…`."""
    server = launch.find(data)
    return f"{data}, which runs at {server.url}" if server else f"{data}, which doesn't run now"


def reject_second(data: Path) -> None:
    """See that a start in the default place doesn't make a second one unasked.

    Args:
        data: Another place than the default one was chosen on purpose.

    Raises:
        AnnotateError: If there is one elsewhere.
    """
    other = elsewhere(data) if data == secret_files.DATA else None
    if other is not None:
        raise AnnotateError(
            f"you have a Label Studio already: {described(other)}. To use it, give "
            f"--data {quote(str(other))}; "
            f"for a second one here, --data {quote(str(data.absolute()))}"
        )
