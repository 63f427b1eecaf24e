"""The engine of its own: windows of many recordings through the network at once.

What openai-whisper does with one window after the other, in batches that don't care whose window a
row is: log-mel, encoder, greedy decoding by its rules, its thresholds for trying again at a higher
temperature, its word times. What has to be heard again waits for a later batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import torch
import whisper

from annotate.model.errors import AnnotateError
from annotate.recognizers.batched_whisper import word_alignment
from annotate.recognizers.batched_whisper.batcher import Job, Pool
from annotate.recognizers.batched_whisper.network import ROWS, Network
from annotate.recognizers.batched_whisper.segment_builder import in_two, rest_of, tell
from annotate.recognizers.batched_whisper.window_decoder import Ear, Reading
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.loading import load, pick_device
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import Heard, Speech

LOG = logging.getLogger(__name__)

_MOST_AT_A_TIME = {"cpu": 32, "cuda": 128}
_MORE_AT_THE_END = {"cpu": 2, "cuda": 1}
"""How many times as many batches are worked on when no more recordings come: smaller ones."""
_CPU_MEMORY = 4 << 30
"""Bytes that batches may take on a processor."""

Read = list[tuple[Job, Reading, list[word_alignment.Spoken]]]
"""Windows that were heard, with their words."""


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
        self._lanes = _lanes(network)
        self._at_end = _MORE_AT_THE_END[network.device.type]
        self.batch = batch or _fitting(network, self._lanes)

    def options(self) -> dict[str, Any]:
        """The decoding options and openai-whisper's version."""
        return {**self.decoding.model_dump(mode="json"), "whisper": whisper.__version__}

    def transcribe(self, recordings: Iterable[Speech]) -> Iterator[Heard]:
        """Each recording as soon as its last window is settled.

        Raises:
            AnnotateError: At the end, if a single window needed more memory than the device has.
                All other recordings have come out by then.
        """
        pool = Pool(recordings, self._ear.told_language)
        cramped: list[Job] = []
        lost: list[Job] = []
        working: set[Future[Read]] = set()
        with _lane_threads(self._lanes, self._at_end) as threads:
            while True:
                while jobs := self._next(pool, len(working)):
                    working.add(threads.submit(self._hear, jobs, cramped))
                if not working and cramped:  # now it has the device to itself
                    working.add(threads.submit(self._hear, [cramped.pop()], lost))
                if not working:
                    break
                done, working = wait(working, return_when=FIRST_COMPLETED)
                for heard in done:
                    self._settle(heard.result(), pool)
                yield from pool.finished()
            yield from pool.finished()
        if lost:
            recordings_lost = {job.recording.speech.recording_id for job in lost}
            raise AnnotateError(
                f"recordings that need more memory than the device has: {len(recordings_lost)}. "
                "Run again with a smaller --model or with --device cpu; the others are done"
            )

    def _next(self, pool: Pool, working: int) -> list[Job]:
        """The windows of the next batch; none while enough batches are worked on.

        Towards the end what is left is shared out among more batches than there are lanes. The
        processor's cores share them, so that none is idle while another has a whole batch to do.
        """
        free, free_at_end = self._lanes - working, self._lanes * self._at_end - working
        return pool.take(self.batch, free, free_at_end)

    def _hear(self, jobs: Sequence[Job], failed: list[Job]) -> Read:
        """Hear windows, in smaller batches where memory is short.

        Args:
            failed: Gets those for which it was too short even alone.
        """
        try:
            readings = self._ear.hear(jobs)
        except torch.OutOfMemoryError:
            readings = None  # what the failed try holds is freed only outside of this clause
        if readings is not None:
            return [
                (job, one, self._ear.words(one)) for job, one in zip(jobs, readings, strict=True)
            ]
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(jobs) == 1:
            failed.append(jobs[0])
            return []
        self.batch = max(1, len(jobs) // 2)
        LOG.warning("out of memory: going on with %d windows at a time", self.batch)
        halves = jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]
        return [read for half in halves for read in self._hear(half, failed)]

    def _settle(self, read: Read, pool: Pool) -> None:
        """Bring heard windows back to their recordings, or put them back into the pool."""
        for job, reading, spoken in read:
            job.recording.language = reading.language  # the first window's, which all have
            if reading.again:
                pool.again(job)
            else:
                self._tell(job, reading, spoken, pool)

    def _tell(
        self, job: Job, reading: Reading, spoken: Sequence[word_alignment.Spoken], pool: Pool
    ) -> None:
        window, pieces = job.window, reading.pieces
        speech = job.recording.speech.spans
        if (parts := in_two(spoken, window, speech)) is not None:
            for part in parts:
                pool.further(job, part)
            pool.settle(job, [])
            return
        texts = [self._ear.sounds(piece.tokens) for piece in pieces.all]
        told = tell(reading, spoken, texts, window)
        # An unfinished segment after finished ones is better heard again from its beginning.
        sure = told[: len(pieces.whole)] if pieces.whole else told
        until_ms = sure[-1][0].end_ms if sure else window.start_ms
        rest = rest_of(reading, until_ms, window, speech)
        if rest is not None:
            told = sure
            pool.further(job, rest)
        pool.settle(job, [one for one in told if one[0].text])


def _lanes(network: Network) -> int:
    """How many batches are worked on at once.

    On a processor a core with a batch of its own does more than a share in all batches, since
    cores then never wait for each other; as many as memory allows have one. On a GPU, words are
    timed and the next sound is brought there while it works on the other batch.
    """
    if network.device.type == "cuda":
        return 2
    return int(max(1, min(torch.get_num_threads(), _CPU_MEMORY // (ROWS * network.bytes_a_row))))


def _fitting(network: Network, lanes: int) -> int:
    """How many windows at a time suit the device: no more than fill half of its free memory."""
    kind = network.device.type
    free = torch.cuda.mem_get_info(network.device)[0] // 2 if kind == "cuda" else _CPU_MEMORY
    rows = free // lanes // network.bytes_a_row // ROWS * ROWS
    return int(min(_MOST_AT_A_TIME[kind], max(ROWS, rows)))


@contextmanager
def _lane_threads(lanes: int, at_end: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for the lanes, the processor's cores shared out among them.

    Args:
        at_end: How many times as many batches may be worked on at the end.
    """
    cores = torch.get_num_threads()
    share = max(1, cores // lanes)
    try:
        with ThreadPoolExecutor(
            lanes * at_end, initializer=torch.set_num_threads, initargs=(share,)
        ) as pool:
            yield pool
    finally:
        torch.set_num_threads(cores)
