"""Recordings under way: their windows wait here for a batch, and come together again here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from annotate.media.audio import Samples
from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.network import ROWS
from annotate.recognizers.recognizer import Heard, Speech

_LOOK_AHEAD = 3
"""How many batches' windows a batch is chosen from."""


@dataclass(slots=True, eq=False)
class Recording:
    """One recording until all of its windows are settled.

    Attributes:
        language: As given, or as detected on the first window.
        held: Windows that wait until the language is known.
        open: How many windows are waiting or being worked on.
        found: Segments and their words by the window's start; the words count segments from 0.
    """

    speech: Speech
    language: str | None
    held: deque[Span] = field(default_factory=deque)
    open: int = 0
    found: dict[int, list[tuple[Segment, list[Word]]]] = field(default_factory=dict)

    def heard(self) -> Heard:
        """All windows in order, as one."""
        segments: list[Segment] = []
        words: list[Word] = []
        for window, start in enumerate(sorted(self.found)):
            for segment, spoken in self.found[start]:
                at = len(segments)
                words += [replace(word, segment=at, window=window) for word in spoken]
                segments.append(segment)
        return Heard(
            recording_id=self.speech.recording_id,
            language=self.language or "und",
            segments=tuple(segments),
            words=tuple(words),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A window to be heard, for the first time or once more at a higher temperature."""

    recording: Recording
    window: Span
    attempt: int = 0

    @property
    def samples(self) -> Samples:
        """The window's sound."""
        return self.recording.speech.sound(self.window)


class Pool:
    """Gives out windows of many recordings, drawing on the source only as fast as they are taken.

    Args:
        source: Recordings to come.
        told_language: The language of a recording, or None to have it detected.
    """

    def __init__(self, source: Iterable[Speech], told_language: Callable[[Speech], str | None]):
        self._source = iter(source)
        self._told_language = told_language
        self._jobs: deque[Job] = deque()
        self._done: deque[Recording] = deque()
        self._ended = False

    def take(self, count: int, free: int = 1, free_at_end: int | None = None) -> list[Job]:
        """Up to `count` windows, the longest first; fewer only when no more can be had now.

        They are those most like the one that has waited longest: texts of one length end together,
        and leave no row idle. When no recordings are to come they are the longest, and what is left
        comes out even over the batches that may be begun.

        Args:
            free: How many batches may be begun now, this one included.
            free_at_end: The same when no recordings are to come.
        """
        if free > 0 or self._ended:
            self._draw(count * _LOOK_AHEAD)
        batches = free_at_end if self._ended and free_at_end is not None else free
        if not self._jobs or batches <= 0:
            return []
        length_ms = self._jobs[0].window.length_ms
        if self._ended:
            count = self._even(count, batches)
            length_ms = max(job.window.length_ms for job in self._jobs)
        alike = sorted(self._jobs, key=lambda job: abs(job.window.length_ms - length_ms))
        taken = set(alike[:count])
        self._jobs = deque(job for job in self._jobs if job not in taken)
        return sorted(
            taken, key=lambda job: (-job.window.length_ms, job.recording.speech.recording_id)
        )

    def again(self, job: Job) -> None:
        """Put a window back, to be heard at the next temperature."""
        self._jobs.append(replace(job, attempt=job.attempt + 1))

    def further(self, job: Job, window: Span) -> None:
        """Add the part of a window that was not heard to its end."""
        job.recording.open += 1
        self._jobs.append(Job(job.recording, window))

    def settle(self, job: Job, found: list[tuple[Segment, list[Word]]]) -> None:
        """Note what a window holds; its recording's held windows are free now."""
        recording = job.recording
        recording.found[job.window.start_ms] = found
        recording.open -= 1
        while recording.held:
            self._add(recording, recording.held.popleft())
        if not recording.open:
            self._done.append(recording)

    def finished(self) -> Iterator[Heard]:
        """The recordings that have been settled since the last call."""
        while self._done:
            yield self._done.popleft().heard()

    def _draw(self, ahead: int) -> None:
        while not self._ended and len(self._jobs) < ahead:
            speech = next(self._source, None)
            if speech is None:
                self._ended = True
                return
            self._admit(speech)

    def _even(self, count: int, batches: int) -> int:
        """How many windows to take of those that are left, so that no batch ends long before."""
        left = len(self._jobs)
        rounds = -(-left // (batches * count))
        share = -(-left // (batches * rounds))
        return min(count, -(-share // ROWS) * ROWS)

    def _admit(self, speech: Speech) -> None:
        recording = Recording(speech, self._told_language(speech))
        if not speech.windows:
            self._done.append(recording)
            return
        first, *others = speech.windows
        self._add(recording, first)
        if recording.language is None:
            recording.held.extend(others)
            return
        for window in others:
            self._add(recording, window)

    def _add(self, recording: Recording, window: Span) -> None:
        recording.open += 1
        self._jobs.append(Job(recording, window))
