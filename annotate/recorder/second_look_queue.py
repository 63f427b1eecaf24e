"""Second looks: which recordings an annotator waits to see the words of, and those words.

A page that waits says so again and again, and only while it does is its recording wanted: nobody
recognizes for a page that was closed. That is kept in a folder of this machine, one small file a
recording, whose time of change says when the page asked last. The words are kept beside the
recording, once: what an annotator has seen and corrected doesn't change under their hands.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from annotate.recorder.protocol import Json
from annotate.recorder.records import encode
from annotate.recorder.storage import Store

WANTED_SECONDS = 15.0
"""A page asks every second; one that hasn't for so long was closed."""
SERVED_SECONDS = 60.0
"""The pipeline asks every few seconds; if it hasn't for so long, no words will come."""
MOST = 1000
"""Recordings that are wanted at a time: more are not noted."""

_NAME = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class SecondLookQueue:
    """What is wanted on this machine, shared by its processes.

    Args:
        folder: On a disk of this machine.
        clock: Seconds since 1970, as the disk counts them.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def want(self, organization: int, recording: str) -> None:
        """Note that a page waits for the words of a recording, now."""
        path = self._folder / f"{organization}-{recording}"
        if not path.exists() and len(self._names()) >= MOST:
            return
        self._touch(path)

    def wanted(self, organization: int) -> list[str]:
        """The recordings of an organisation that pages wait for, the longest waiting first."""
        waiting: list[tuple[float, str]] = []
        for name in self._names():
            match = _NAME.fullmatch(name)
            path = self._folder / name
            with suppress(FileNotFoundError):
                if self._clock() - path.stat().st_mtime > WANTED_SECONDS:
                    path.unlink()
                elif match and int(match[1]) == organization:
                    waiting.append((_began(path), match[2]))
        return [recording for _, recording in sorted(waiting)]

    def forget(self, organization: int, recording: str) -> None:
        """It isn't wanted any more: its words are there."""
        (self._folder / f"{organization}-{recording}").unlink(missing_ok=True)

    def served(self, organization: int) -> None:
        """Note that the pipeline asks what is wanted, now."""
        self._touch(self._folder / f"{organization}.served")

    def is_served(self, organization: int) -> bool:
        """Whether the pipeline has asked lately, so that words may be expected."""
        try:
            last_request = (self._folder / f"{organization}.served").stat().st_mtime
        except FileNotFoundError:
            return False
        return self._clock() - last_request <= SERVED_SECONDS

    def _names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._folder) if _NAME.fullmatch(name)]
        except FileNotFoundError:
            return []

    def _touch(self, path: Path) -> None:
        """Make the file, whose text says when, or bring its time of change up to now."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = self._clock()
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, str(now).encode())
            os.close(handle)
        with suppress(FileNotFoundError):  # it was forgotten at this moment
            os.utime(path, (now, now))


class Words:
    """The words that were recognized in recordings, as the pipeline brought them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, recording: str, words: Json) -> bool:
        """Keep them; False, and no change, if there are some already."""
        return self._store.create(_file(recording), encode(words))

    def of(self, recording: str) -> Json | None:
        """The words of a recording, with what recognized them; None if there are none yet."""
        data = self._store.read(_file(recording))
        return None if data is None else dict(json.loads(data))


def _began(path: Path) -> float:
    """Since when it is wanted; a file that isn't whole counts as the first."""
    try:
        return float(path.read_text(encoding="ascii"))
    except ValueError:
        return 0.0


def _file(recording: str) -> str:
    return f"words-{recording}.json"
