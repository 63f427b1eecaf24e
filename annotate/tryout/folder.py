"""The tryout's data folder: remembered settings, and a lock so that one tryout runs at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import annotate
from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import install

ROOT = Path(annotate.__file__).parents[1]
"""The clone's root: the data folder doesn't depend on the working folder."""

DATA = ROOT / "data" / "lake" / "try"
ENVIRONMENT = ROOT / install.ENVIRONMENT
IMAGES = ROOT / "data" / "demo" / "images"

LOCK_FILE = "try.lock"
MEMORY_FILE = "try.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Settings reused by the next tryout. Ports are kept because browsers store data per origin.

    Attributes:
        model: The recognizer chosen last.
        page_key: The cookie value that gives a browser access to the pages.
    """

    model: str | None = None
    studio_port: int = 8380
    page_port: int = 8390
    page_key: str | None = None


def recall(data: Path) -> Memory:
    """The settings of the last tryout; defaults if there was none or its file is damaged."""
    known = {one.name: one.type for one in fields(Memory)}
    try:
        found = json.loads((data / MEMORY_FILE).read_text("utf-8"))
        known_fields = {name: value for name, value in found.items() if name in known}
        memory = Memory(**known_fields)
    except (OSError, ValueError, TypeError, AttributeError):
        return Memory()
    ports = (memory.studio_port, memory.page_port)
    valid_ports = all(isinstance(port, int) and 0 < port < 65536 for port in ports)
    texts = all(one is None or isinstance(one, str) for one in (memory.model, memory.page_key))
    return memory if valid_ports and texts else Memory()


def remember(data: Path, memory: Memory, **changed: str | int | None) -> Memory:
    """Write changed settings to the file; returns the new settings.

    Raises:
        AnnotateError: If it can't be written.
    """
    new = replace(memory, **changed)  # type: ignore[arg-type]
    if new != memory or not (data / MEMORY_FILE).exists():
        secret_files.write_private(data / MEMORY_FILE, json.dumps(asdict(new), indent=2) + "\n")
    return new


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Lock the data folder against a second tryout.

    Raises:
        AnnotateError: If one runs already, or the folder isn't writable.
    """
    path = data / LOCK_FILE
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise AnnotateError(f"cannot write in {data}: {error.strerror or error}") from error
    with lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError as error:
            runs = lock.read().strip() or "it is just starting"
            raise AnnotateError(f"annotate try runs already: {runs}") from error
        lock.truncate(0)
        yield
        lock.truncate(0)


def say_where(data: Path, text: str) -> None:
    """Write this tryout's address to the lock file, for a second tryout's error message."""
    (data / LOCK_FILE).write_text(f"{text}\n", "utf-8")


def demo_images() -> list[Path]:
    """The images to describe.

    Raises:
        AnnotateError: If the package isn't run from a clone.
    """
    found = sorted(IMAGES.glob("*.jpg"))
    if not found:
        raise AnnotateError(f"the demo's images are not at {IMAGES}: run from a clone")
    return found
