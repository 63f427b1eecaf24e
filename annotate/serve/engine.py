"""One recognizer shared by a process's threads: loaded once, used by one caller at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import Any

from annotate import pipeline
from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.options import AUTO, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput, RecognizerOutput
from annotate.settings import Settings
from annotate.transcribe.step import Transcribe

AT_A_TIME = 8
"""Recordings that `transcribe` recognizes per turn: the most that a caller of `transcribe_first`
waits for."""


class SharedEngine:
    """A `Recognizer` that several threads may use; the weights are in memory once.

    Args:
        options: The recognizer and its settings.

    Raises:
        AnnotateError: If the model doesn't exist or can't be downloaded.
        ValueError: If the engine isn't chosen yet.
    """

    def __init__(self, options: TranscribeOptions):
        if options.engine == AUTO:
            raise ValueError("an engine must be chosen before it is shared")
        self._options = options
        self.checkpoint: Checkpoint = find(options.model)
        self.engine: str = options.engine
        self.model = self.checkpoint.name
        self.model_sha256 = self.checkpoint.sha256
        self._loading = threading.Lock()
        self._turn = threading.Condition()
        self._taken = False
        self._first = 0

    @classmethod
    def for_lake(cls, settings: Settings, *, transcribes: bool) -> SharedEngine:
        """The engine for a lake, chosen if the settings leave it open.

        Args:
            transcribes: Whether it will write transcripts. Only then is the choice measured, if
                need be, and recorded.

        Raises:
            AnnotateError: If the model doesn't exist, can't be downloaded or can't be run, or the
                lake can't be opened.
        """
        options = settings.transcribe
        if options.engine == AUTO:
            step = Transcribe(options)
            step.decide(pipeline.open_lake(settings), measure=transcribes, held=True)
            options = step.options
        return cls(options)

    def load(self) -> Recognizer:
        """The engine with its weights, which the first call reads from disk.

        Raises:
            AnnotateError: If the weights can't be loaded on the device. The next call tries again.
        """
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> Recognizer:
        # Importing torch takes seconds, so it is done only when something is to be transcribed.
        from annotate.recognizers import engines

        return engines.make(self._options, self.checkpoint)

    def options(self) -> dict[str, Any]:
        """All settings that can change the result, as plain values."""
        return self.load().options()

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """Transcribe recordings, `AT_A_TIME` per turn; other callers get turns in between.

        Raises:
            AnnotateError: If the weights can't be loaded; or at the end, if the engine rejected
                recordings.
        """
        waiting = iter(recordings)
        rejected: AnnotateError | None = None
        while batch := list(islice(waiting, AT_A_TIME)):
            done: list[RecognizerOutput] = []
            with self._in_turn(first=False):
                engine = self.load()
                try:
                    done.extend(engine.transcribe(batch))
                except AnnotateError as error:  # the outputs before it are valid
                    rejected = error
            yield from done
        if rejected:
            raise rejected

    def transcribe_first(self, speech: RecognizerInput) -> RecognizerOutput:
        """Transcribe one recording, before the remaining batches of `transcribe`."""
        with self._in_turn(first=True):
            (output,) = self.load().transcribe([speech])
        return output

    @contextmanager
    def _in_turn(self, *, first: bool) -> Iterator[None]:
        """Wait until the engine is free and, unless `first`, until no `first` caller waits."""
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
