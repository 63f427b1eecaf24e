"""Whisper over batches of windows from many recordings.

The steps are those of openai-whisper, which decodes one window after the other: log-mel, encoder,
greedy decoding, fall-back to higher temperatures by its thresholds, word times. A window that is
decoded again is part of a later batch.
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
from annotate.recognizers.batched_whisper.batcher import Batcher, WindowTask
from annotate.recognizers.batched_whisper.network import ROWS, Network
from annotate.recognizers.batched_whisper.segment_builder import (
    build_segments,
    remaining_window,
    split_skipped,
)
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult, WindowDecoder
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.compute_types import dtype_of, name_of
from annotate.recognizers.loading import load, pick_device
from annotate.recognizers.options import ComputeType, DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput

LOG = logging.getLogger(__name__)

_MOST_AT_A_TIME = {"cpu": 32, "cuda": 128}
_MORE_AT_THE_END = {"cpu": 2, "cuda": 1}
"""How many times as many, smaller batches run at once when no more recordings come, if batches can
be so small."""
_OTHER_MEMORY = 1_270_000_000
"""Bytes for all but the weights and the batches: libraries, prepared recordings, one batch's
alignment."""

Decoded = list[tuple[WindowTask, DecodingResult, list[word_alignment.AlignedWord]]]
"""Decoded windows with their words."""


class BatchedWhisper:
    """Decodes windows of many recordings in batches.

    Args:
        checkpoint: The weights.
        device: `auto`, `cpu` or `cuda`.
        batch: Windows in a batch; None chooses by the device. It never changes a result. It is
            halved when the device runs out of memory.
        alignment_heads: As text; None takes those of the checkpoint.
        compute_type: None takes the fastest of the device's.
        memory_gb: On a CPU, for everything but the weights; the batches are made to fit.

    Raises:
        AnnotateError: If the weights don't load, or the device lacks the number format.
    """

    engine = "annotate"

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str,
        decoding: DecodingOptions,
        batch: int | None = None,
        *,
        alignment_heads: str | None = None,
        compute_type: ComputeType | None = None,
        memory_gb: float = 2.0,
    ):
        self.model = checkpoint.name
        self.model_sha256 = checkpoint.sha256
        self.decoding = decoding
        device = pick_device(device)
        dtype = dtype_of(compute_type, device)
        loaded = load(checkpoint, device, alignment_heads)
        self._heads = loaded.alignment_heads
        network = Network(loaded.network, dtype)
        self._decoder = WindowDecoder(network, decoding)
        free = _memory(network.device, memory_gb)
        a_row = network.bytes_per_row(self._decoder.positions)
        self._lanes = _lanes(network, free // (ROWS * a_row))
        self.batch = batch or _fitting(network, free // self._lanes // a_row)
        self._most_at_end = _MORE_AT_THE_END[network.device.type]
        self._compute_type = name_of(dtype)

    def options(self) -> dict[str, Any]:
        """The decoding options, openai-whisper's version, and the alignment heads."""
        return {
            **self.decoding.model_dump(mode="json"),
            "whisper": whisper.__version__,
            "alignment_heads": self._heads.as_option(),
            "compute_type": self._compute_type,
        }

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """Yield each recording as soon as its last window is decoded.

        Raises:
            AnnotateError: At the end, if a single window needed more memory than the device has.
                All other recordings have been yielded by then.
        """
        batcher = Batcher(recordings, self._decoder.given_language)
        too_large: list[WindowTask] = []
        lost: list[WindowTask] = []
        running: set[Future[Decoded]] = set()
        with _lane_threads(self._lanes, self._most_at_end) as threads:
            while True:
                while tasks := self._next(batcher, len(running)):
                    running.add(threads.submit(self._decode, tasks, too_large))
                if not running and too_large:  # alone on the device, it may fit
                    running.add(threads.submit(self._decode, [too_large.pop()], lost))
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._collect(future.result(), batcher)
                yield from batcher.finished()
            yield from batcher.finished()
        if lost:
            recordings_lost = {task.recording.input.recording_id for task in lost}
            raise AnnotateError(
                f"recordings that need more memory than the device has: {len(recordings_lost)}. "
                "Run again with a smaller --model or with --device cpu; the others are done"
            )

    def _next(self, batcher: Batcher, running: int) -> list[WindowTask]:
        """The windows of the next batch; none while enough batches are running.

        At the end the remaining windows are spread over more batches than there are lanes, so that
        no core is idle while another has a whole batch to do.
        """
        # More batches of at least `ROWS` rows, to which they are padded, in the same memory.
        times = max(1, min(self._most_at_end, self.batch // ROWS))
        free, free_at_end = self._lanes - running, self._lanes * times - running
        at_end = self.batch if times == 1 else self.batch // times // ROWS * ROWS
        return batcher.take(self.batch, free, free_at_end, at_end)

    def _decode(self, tasks: Sequence[WindowTask], failed: list[WindowTask]) -> Decoded:
        """Decode windows, in smaller batches where memory is short.

        Args:
            failed: Receives those that don't fit into memory even alone.
        """
        try:
            results = self._decoder.decode(tasks)
        except torch.OutOfMemoryError:
            results = None  # the failed batch's memory is freed only outside of this clause
        if results is not None:
            return [
                (task, result, self._decoder.words(result))
                for task, result in zip(tasks, results, strict=True)
            ]
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(tasks) == 1:
            failed.append(tasks[0])
            return []
        self.batch = max(1, len(tasks) // 2)
        LOG.warning("out of memory: continuing with %d windows at a time", self.batch)
        halves = tasks[: len(tasks) // 2], tasks[len(tasks) // 2 :]
        return [decoded for half in halves for decoded in self._decode(half, failed)]

    def _collect(self, decoded: Decoded, batcher: Batcher) -> None:
        """Add decoded windows to their recordings, or queue them again."""
        for task, result, words in decoded:
            task.recording.language = result.language  # the first window's, for all windows
            if result.retry:
                batcher.retry(task)
            else:
                self._finish(task, result, words, batcher)

    def _finish(
        self,
        task: WindowTask,
        result: DecodingResult,
        words: Sequence[word_alignment.AlignedWord],
        batcher: Batcher,
    ) -> None:
        window, segments = task.window, result.segments
        speech = task.recording.input.speech
        if (parts := split_skipped(words, window, speech)) is not None:
            for part in parts:
                batcher.add_window(task, part)
            batcher.finish(task, [])
            return
        texts = [self._decoder.text_of(segment.tokens) for segment in segments.all]
        built = build_segments(result, words, texts, window)
        # An unfinished segment after complete ones is decoded again from its beginning.
        complete = built[: len(segments.complete)] if segments.complete else built
        until_ms = complete[-1][0].end_ms if complete else window.start_ms
        remaining = remaining_window(result, until_ms, window, speech)
        if remaining is not None:
            built = complete
            batcher.add_window(task, remaining)
        batcher.finish(task, [one for one in built if one[0].text])


def _memory(device: torch.device, memory_gb: float) -> int:
    """Bytes for batches: half of a GPU's free memory, or what the setting leaves on a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] // 2)
    return max(0, int(memory_gb * 1e9) - _OTHER_MEMORY)


def _lanes(network: Network, smallest: int) -> int:
    """How many batches run at once; on a CPU up to so many of the smallest ones.

    On a CPU a batch for each core is faster than all cores on one batch, since cores then never
    wait for each other; memory limits how many. On a GPU, words are aligned and the next samples
    are copied while it decodes the other batch.
    """
    if network.device.type == "cuda":
        return 2
    return max(1, min(torch.get_num_threads(), smallest))


def _fitting(network: Network, rows: int) -> int:
    """The batch size where so many rows fit into the memory; at least `ROWS`."""
    return min(_MOST_AT_A_TIME[network.device.type], max(ROWS, rows // ROWS * ROWS))


@contextmanager
def _lane_threads(lanes: int, at_end: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for the lanes, with the CPU cores divided among them.

    Args:
        at_end: How many times as many batches may run at the end.
    """
    cores = torch.get_num_threads()
    threads = max(1, cores // lanes)
    try:
        with ThreadPoolExecutor(
            lanes * at_end, initializer=torch.set_num_threads, initargs=(threads,)
        ) as pool:
            yield pool
    finally:
        torch.set_num_threads(cores)
