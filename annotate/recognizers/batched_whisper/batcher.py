"""Batches of windows from many recordings, and the assembly of recordings from results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from annotate.media.audio import Samples
from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.network import ROWS
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput

_LOOK_AHEAD = 3
"""How many batches' windows a batch is chosen from."""


@dataclass(slots=True, eq=False)
class PendingRecording:
    """One recording until all of its windows are decoded.

    Attributes:
        language: As given, or as detected on the first window.
        deferred: Windows that wait until the language is known.
        open: How many windows are queued or being decoded.
        decoded: Segments and their words by the window's start; `Word.segment` counts from 0 in
            each segment.
    """

    input: RecognizerInput
    language: str | None
    deferred: deque[Span] = field(default_factory=deque)
    open: int = 0
    decoded: dict[int, list[tuple[Segment, list[Word]]]] = field(default_factory=dict)

    def output(self) -> RecognizerOutput:
        """All windows in order, as one."""
        segments: list[Segment] = []
        words: list[Word] = []
        for window, start in enumerate(sorted(self.decoded)):
            for segment, segment_words in self.decoded[start]:
                index = len(segments)
                words += [replace(word, segment=index, window=window) for word in segment_words]
                segments.append(segment)
        return RecognizerOutput(
            recording_id=self.input.recording_id,
            language=self.language or "und",
            segments=tuple(segments),
            words=tuple(words),
        )


@dataclass(frozen=True, slots=True, eq=False)
class WindowTask:
    """A window to decode; `attempt` is the index of its temperature."""

    recording: PendingRecording
    window: Span
    attempt: int = 0

    @property
    def samples(self) -> Samples:
        """The window's samples."""
        return self.recording.input.samples_of(self.window)


class Batcher:
    """Forms batches of windows, reading recordings only as fast as windows are taken.

    Args:
        source: The recordings.
        given_language: The language of a recording, or None to have it detected.
    """

    def __init__(
        self,
        source: Iterable[RecognizerInput],
        given_language: Callable[[RecognizerInput], str | None],
    ):
        self._source = iter(source)
        self._given_language = given_language
        self._tasks: deque[WindowTask] = deque()
        self._done: deque[PendingRecording] = deque()
        self._exhausted = False

    def take(
        self,
        count: int,
        free: int = 1,
        free_at_end: int | None = None,
        count_at_end: int | None = None,
    ) -> list[WindowTask]:
        """Up to `count` windows, the longest first; fewer only when no more are available now.

        They are those closest in length to the one queued longest: windows of one length finish
        together and leave no row idle. When the source is exhausted they are the longest, and what
        is left is spread evenly over the batches that may be begun.

        Args:
            free: How many batches may be begun now, this one included.
            free_at_end: The same when the source is exhausted.
            count_at_end: The most windows then, where more batches share the memory.
        """
        if free > 0 or self._exhausted:
            self._fill(count * _LOOK_AHEAD)
        batches = free_at_end if self._exhausted and free_at_end is not None else free
        if not self._tasks or batches <= 0:
            return []
        length_ms = self._tasks[0].window.length_ms
        if self._exhausted:
            count = self._even(count_at_end or count, batches)
            length_ms = max(task.window.length_ms for task in self._tasks)
        by_length = sorted(self._tasks, key=lambda task: abs(task.window.length_ms - length_ms))
        taken = set(by_length[:count])
        self._tasks = deque(task for task in self._tasks if task not in taken)
        return sorted(
            taken, key=lambda task: (-task.window.length_ms, task.recording.input.recording_id)
        )

    def retry(self, task: WindowTask) -> None:
        """Queue a window again, to be decoded at the next temperature."""
        self._tasks.append(replace(task, attempt=task.attempt + 1))

    def add_window(self, task: WindowTask, window: Span) -> None:
        """Queue a part of a task's window that was not decoded to its end."""
        task.recording.open += 1
        self._tasks.append(WindowTask(task.recording, window))

    def finish(self, task: WindowTask, decoded: list[tuple[Segment, list[Word]]]) -> None:
        """Store a window's segments, and queue the recording's deferred windows."""
        recording = task.recording
        recording.decoded[task.window.start_ms] = decoded
        recording.open -= 1
        while recording.deferred:
            self._queue(recording, recording.deferred.popleft())
        if not recording.open:
            self._done.append(recording)

    def finished(self) -> Iterator[RecognizerOutput]:
        """The recordings that were completed since the last call."""
        while self._done:
            yield self._done.popleft().output()

    def _fill(self, ahead: int) -> None:
        while not self._exhausted and len(self._tasks) < ahead:
            recording = next(self._source, None)
            if recording is None:
                self._exhausted = True
                return
            self._admit(recording)

    def _even(self, count: int, batches: int) -> int:
        """The batch size at which no batch ends long before the others."""
        left = len(self._tasks)
        rounds = -(-left // (batches * count))
        size = -(-left // (batches * rounds))
        return min(count, -(-size // ROWS) * ROWS)

    def _admit(self, recording: RecognizerInput) -> None:
        pending = PendingRecording(recording, self._given_language(recording))
        if not recording.windows:
            self._done.append(pending)
            return
        first, *others = recording.windows
        self._queue(pending, first)
        if pending.language is None:
            pending.deferred.extend(others)
            return
        for window in others:
            self._queue(pending, window)

    def _queue(self, recording: PendingRecording, window: Span) -> None:
        recording.open += 1
        self._tasks.append(WindowTask(recording, window))
