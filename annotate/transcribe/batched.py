"""The engine of its own: windows of many recordings through the network at once.

What openai-whisper does with one window after the other, in batches that don't care whose window a
row is: log-mel, encoder, greedy decoding by its rules, its thresholds for trying again at a higher
temperature, its word times. What has to be heard again waits for a later batch.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
import whisper

from annotate.model.errors import AnnotateError
from annotate.transcribe import timing
from annotate.transcribe.checkpoints import Checkpoint
from annotate.transcribe.hearing import Ear, Reading
from annotate.transcribe.loading import load, pick_device
from annotate.transcribe.network import ROWS, Network
from annotate.transcribe.options import DecodingOptions
from annotate.transcribe.pool import Job, Pool
from annotate.transcribe.port import Heard, Speech
from annotate.transcribe.telling import rest_of, tell

LOG = logging.getLogger(__name__)

_MOST_AT_A_TIME = {"cpu": 32, "cuda": 128}
_CPU_MEMORY = 2 << 30
_READER_THREADS = min(8, os.cpu_count() or 1)

Read = list[tuple[Job, Reading, "Future[list[timing.Spoken]] | None"]]
"""Windows that were heard, with their words' times on the way."""


class BatchedWhisper:
    """Whisper over batches of windows from many recordings.

    Args:
        checkpoint: The weights.
        device: `auto`, `cpu` or `cuda`.
        batch: Windows at a time; None takes what suits the device. It never changes a result. Half
            of it is taken when the device's memory does not suffice.
    """

    engine = "annotate"

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str,
        decoding: DecodingOptions,
        batch: int | None = None,
    ):
        self.model = checkpoint.name
        self.model_sha256 = checkpoint.sha256
        self.decoding = decoding
        network = Network(load(checkpoint, pick_device(device)))
        self._ear = Ear(network, decoding)
        self.batch = batch or _fitting(network)

    def options(self) -> dict[str, Any]:
        """The decoding options and openai-whisper's version."""
        return {**self.decoding.model_dump(mode="json"), "whisper": whisper.__version__}

    def transcribe(self, recordings: Iterable[Speech]) -> Iterator[Heard]:
        """Each recording as soon as its last window is settled.

        Raises:
            AnnotateError: At the end, if a single window needed more memory than the device has.
                All other recordings have come out by then.
        """
        pool = Pool(recordings, self.decoding.language)
        lost: set[str] = set()
        earlier: Read = []
        with ThreadPoolExecutor(_READER_THREADS) as threads:
            while True:
                jobs = pool.take(self.batch)
                # Words are timed on other threads while the next batch is on the device.
                now = self._hear(jobs, threads, pool, lost)
                self._settle(earlier, pool)
                yield from pool.finished()
                if not jobs and not earlier:
                    break
                earlier = now
        if lost:
            raise AnnotateError(
                f"the device's memory doesn't hold one window of {len(lost)} recordings: run again "
                "with a smaller --model or with --device cpu; the others are done"
            )

    def _hear(
        self, jobs: Sequence[Job], threads: ThreadPoolExecutor, pool: Pool, lost: set[str]
    ) -> Read:
        """Hear windows, in smaller batches where memory is short."""
        if not jobs:
            return []
        try:
            readings = self._ear.hear(jobs)
        except torch.OutOfMemoryError:
            readings = None  # what the failed try holds is freed only outside of this clause
        if readings is not None:
            return [self._time(job, one, threads) for job, one in zip(jobs, readings, strict=True)]
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(jobs) == 1:
            lost.add(jobs[0].recording.speech.recording_id)
            pool.drop(jobs[0])
            return []
        self.batch = max(1, len(jobs) // 2)
        LOG.warning("out of memory: going on with %d windows at a time", self.batch)
        halves = jobs[: self.batch], jobs[self.batch :]
        return [read for half in halves for read in self._hear(half, threads, pool, lost)]

    def _time(
        self, job: Job, reading: Reading, threads: ThreadPoolExecutor
    ) -> tuple[Job, Reading, Future[list[timing.Spoken]] | None]:
        if reading.watched is None:
            return job, reading, None
        return job, reading, threads.submit(timing.words, reading.watched, self._ear.tokenizer)

    def _settle(self, read: Read, pool: Pool) -> None:
        """Bring heard windows back to their recordings, or put them back into the pool."""
        for job, reading, words in read:
            job.recording.language = reading.language
            if reading.again:
                pool.again(job)
                continue
            spoken = words.result() if words is not None else []
            self._tell(job, reading, spoken, pool)

    def _tell(
        self, job: Job, reading: Reading, spoken: Sequence[timing.Spoken], pool: Pool
    ) -> None:
        window, pieces = job.window, reading.pieces
        texts = [self._ear.sounds(piece.tokens) for piece in pieces.all]
        told = tell(reading, pieces.all, spoken, texts, window)
        # An unfinished segment after finished ones is better heard again from its beginning.
        sure = told[: len(pieces.whole)] if pieces.whole else told
        until_ms = sure[-1][0].end_ms if sure else window.start_ms
        rest = rest_of(reading, until_ms, window, job.recording.speech.spans)
        if rest is not None:
            told = sure
            pool.further(job, rest)
        pool.settle(job, [one for one in told if one[0].text])


def _fitting(network: Network) -> int:
    """How many windows at a time suit the device: no more than fill half of its free memory."""
    kind = network.device.type
    free = torch.cuda.mem_get_info(network.device)[0] // 2 if kind == "cuda" else _CPU_MEMORY
    return int(min(_MOST_AT_A_TIME[kind], max(ROWS, free // network.bytes_a_row // ROWS * ROWS)))
