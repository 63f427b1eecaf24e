"""The second look: recognizes recordings that annotators wait for, with a model that stays loaded.

Nothing is written to the lake: the stage `transcribe` processes the recordings independently. While
this thread doesn't run, annotators see no words, but no data is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from types import TracebackType
from typing import Self

from annotate.label_studio.client import Studio
from annotate.label_studio.second_look import MAX_WORDS, Shown, ShownWord
from annotate.media.audio import AudioBounds
from annotate.model.edit import MAX_TEXT
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.speech import Word
from annotate.model.unexpected import is_unexpected
from annotate.recognizers.options import ActivityOptions
from annotate.serve.background_worker import is_recoverable
from annotate.serve.engine import SharedEngine

LOG = logging.getLogger("annotate.serve")

OPEN_SECONDS = 10
"""Seconds for which the server may delay its response (long polling): new requests of pages then
arrive immediately."""
PAUSE_SECONDS = 0.5
"""Minimum pause between two polls."""
IDLE_SECONDS = 30.0
"""Pause between polls while no project has second looks, and after an error."""
REMEMBERED = 10_000
"""Number of recordings that couldn't be recognized and are not tried again."""


class SecondLook:
    """A thread that recognizes the recordings that pages wait for, while the context is active.

    Args:
        connect: Opens a connection to the server, with the pipeline's token.
        engine: Makes the recognizer; called once, when a project first has second looks.
        bounds: Limits of a recording's size and duration, beyond which it is rejected.
        activity: Options of voice activity detection, as in the stage `transcribe`.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Studio]],
        engine: Callable[[], SharedEngine],
        bounds: AudioBounds,
        activity: ActivityOptions,
    ):
        self._connect, self._make_engine = connect, engine
        self._bounds, self._activity = bounds, activity
        self._unrecognizable: set[str] = set()
        self._stopping = threading.Event()
        self._recognizing = threading.Lock()
        # A daemon thread, so that a pending long poll doesn't delay the end of the process.
        self._thread = threading.Thread(target=self._run, name="annotate-second-look", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End after the current recording."""
        self._stopping.set()
        with self._recognizing:
            pass

    @cached_property
    def _engine(self) -> SharedEngine:
        return self._make_engine()

    def _run(self) -> None:
        logged = ""
        while not self._stopping.is_set():
            try:
                with self._connect() as studio:
                    while not self._stopping.is_set():
                        self._stopping.wait(self._poll(studio))
                        logged = ""
            except BaseException as error:  # the server or the model may be available later
                if not is_recoverable(error):
                    raise
                if str(error) != logged:
                    LOG.error("second looks wait: %s", error)
                    LOG.debug("where it failed", exc_info=error)
                logged = str(error)
                self._stopping.wait(IDLE_SECONDS)

    def _poll(self, studio: Studio) -> float:
        """Poll once and recognize the requested recordings; seconds to wait before the next poll.

        Raises:
            AnnotateError: If the server fails, or the model can't be loaded.
        """
        waiting = studio.recorder.waiting(OPEN_SECONDS)
        if not waiting.asked:
            return IDLE_SECONDS
        self._load()  # before a page waits
        recordings = [one for one in waiting.wanted if one not in self._unrecognizable]
        for recording in recordings:
            with self._recognizing:
                if self._stopping.is_set():
                    return 0
                self._recognize(studio, recording)
        return 0 if recordings else PAUSE_SECONDS

    def _load(self) -> None:
        try:
            self._engine.load()
        except ModuleNotFoundError as error:
            raise AnnotateError(
                f"the recognizer needs {error.name}: pip install 'annotate-aloud[whisper]', or "
                "start with --no-second-look"
            ) from error

    def _recognize(self, studio: Studio, recording: str) -> None:
        """Recognize one recording and upload its words; a failed one isn't tried again.

        Raises:
            AnnotateError: If the server fails.
        """
        started = time.monotonic()
        try:
            record = studio.recorder.record(recording)
            audio = studio.fetch(f"/annotate/recordings/{recording}", self._bounds.max_bytes)
            shown = self._shown(audio, record.language)
        except (RejectedError, _NotRecognizedError) as error:
            LOG.warning("no second look at %s: %s", recording, error)
            if len(self._unrecognizable) >= REMEMBERED:
                self._unrecognizable.clear()
            self._unrecognizable.add(recording)
            return
        studio.recorder.show(recording, shown)
        seconds = time.monotonic() - started
        LOG.info("second look: %s words in %.1f s", f"{len(shown.words):,}", seconds)

    def _shown(self, audio: bytes, language: str | None) -> Shown:
        # Importing torch takes seconds, so it is done only when something is to be recognized.
        from annotate.transcribe.one_recording import prepare, timed

        try:
            prepared = prepare(audio, language, self._bounds, self._activity)
            output = self._engine.transcribe_first(prepared.input)
            words = timed(output, prepared)
        except RejectedError:  # no speech recognized: the annotator is shown an empty result
            output, words = None, []
        except BaseException as error:
            if not isinstance(error, AnnotateError) and not is_unexpected(error):
                raise
            raise _NotRecognizedError(str(error)) from error
        return Shown(
            language=output.language if output else (language or "und"),
            engine=self._engine.engine,
            model=self._engine.model[:MAX_TEXT],
            model_sha256=self._engine.model_sha256,
            words=tuple(_as_shown(word) for word in words[:MAX_WORDS]),
        )


class _NotRecognizedError(Exception):
    """The recognizer failed on one recording."""


def _as_shown(word: Word) -> ShownWord:
    return ShownWord(
        text=word.text[:MAX_TEXT],
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        probability=word.probability,
        space_before=word.space_before,
    )
