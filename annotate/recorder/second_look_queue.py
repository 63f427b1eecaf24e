"""Second looks: the recordings that pages wait for, and their recognized words.

A waiting page polls, and its recording is requested only while it does, so that nothing is
recognized for a closed page. A request is a small file per recording in a folder of this machine;
its modification time is that of the last poll. The words are stored with the recording and never
replaced, so that words that an annotator has seen and corrected don't change.
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
"""A page polls every second; after this time without a poll it counts as closed."""
SERVED_SECONDS = 60.0
"""The pipeline polls every few seconds; after this time without a poll no words are expected."""
MOST = 1000
"""Maximum number of requested recordings at a time; further requests are ignored."""

_NAME = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class SecondLookQueue:
    """The requested recordings, shared by the processes of this machine.

    Args:
        folder: On a local disk.
        clock: Seconds since 1970, comparable with file modification times.
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
        """Remove a request, because its words are available."""
        (self._folder / f"{organization}-{recording}").unlink(missing_ok=True)

    def served(self, organization: int) -> None:
        """Note that the pipeline polls now."""
        self._touch(self._folder / f"{organization}.served")

    def is_served(self, organization: int) -> bool:
        """Whether the pipeline has polled recently, so that words can be expected."""
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
        """Create the file, with the time as its text, or update its modification time."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = self._clock()
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, str(now).encode())
            os.close(handle)
        with suppress(FileNotFoundError):  # removed meanwhile
            os.utime(path, (now, now))


class Words:
    """The recognized words of recordings, as uploaded by the pipeline."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, recording: str, words: Json) -> bool:
        """Store the words; False, without a change, if there are some already."""
        return self._store.create(_file(recording), encode(words))

    def of(self, recording: str) -> Json | None:
        """The words of a recording, with their recognizer; None if there are none yet."""
        data = self._store.read(_file(recording))
        return None if data is None else dict(json.loads(data))


def _began(path: Path) -> float:
    """The time of the first request; 0 for an incomplete file, which is sorted first."""
    try:
        return float(path.read_text(encoding="ascii"))
    except ValueError:
        return 0.0


def _file(recording: str) -> str:
    return f"words-{recording}.json"
