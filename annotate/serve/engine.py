"""One recognizer for all that a process does: loaded once, used by one caller at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.options import TranscribeOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput, RecognizerOutput

AT_A_TIME = 8
"""Recordings that `transcribe` takes at a stretch: so many a caller of `transcribe_first` waits
for, at most."""


class SharedEngine:
    """A `Recognizer` that several threads may use: the weights are in memory once.

    Args:
        options: The recognizer and its settings.

    Raises:
        AnnotateError: If there is no such model, or it can't be downloaded.
    """

    def __init__(self, options: TranscribeOptions):
        self._options = options
        self.checkpoint: Checkpoint = find(options.model)
        self.engine: str = options.engine
        self.model = self.checkpoint.name
        self.model_sha256 = self.checkpoint.sha256
        self._loading = threading.Lock()
        self._turn = threading.Condition()
        self._taken = False
        self._first = 0

    def load(self) -> Recognizer:
        """The engine with its weights, read from disk by whoever asks first.

        Raises:
            AnnotateError: If the weights don't load on the device. The next call tries again.
        """
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> Recognizer:
        # Torch takes seconds to import: not before something is to be transcribed.
        from annotate.recognizers import engines

        return engines.make(self._options, self.checkpoint)

    def options(self) -> dict[str, Any]:
        """Everything that can change the result, as plain values."""
        return self.load().options()

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """Transcribe recordings, `AT_A_TIME` at a stretch; others have their turn in between.

        Raises:
            AnnotateError: If the weights don't load; or at the end, if the engine refused some.
        """
        waiting = iter(recordings)
        refused: AnnotateError | None = None
        while several := list(islice(waiting, AT_A_TIME)):
            done: list[RecognizerOutput] = []
            with self._in_turn(first=False):
                engine = self.load()
                try:
                    done.extend(engine.transcribe(several))
                except AnnotateError as error:  # those that came out before it are good
                    refused = error
            yield from done
        if refused:
            raise refused

    def transcribe_first(self, speech: RecognizerInput) -> RecognizerOutput:
        """Transcribe one recording, before any that `transcribe` hasn't begun with yet."""
        with self._in_turn(first=True):
            (output,) = self.load().transcribe([speech])
        return output

    @contextmanager
    def _in_turn(self, *, first: bool) -> Iterator[None]:
        """Wait until nobody uses the engine, nor, unless `first`, waits for it as one of those."""
        with self._turn:
            self._first += first
            self._turn.wait_for(lambda: not self._taken and (first or not self._first))
            self._first -= first
            self._taken = True
        try:
            yield
        finally:
            with self._turn:
                self._taken = False
                self._turn.notify_all()
