"""Whisper by MLPerf Inference's rules for its offline scenario: `python mlperf.py TASK RESULT`.

A sample is one packed window. All windows are in memory before the timing starts; log-mel,
encoder and decoding are timed. Decoding is greedy, in English, without timestamps, at most 150
tokens a window, and every window is decoded once. A second pass computes the times of the words,
too, which the rules don't ask for.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from whisper.tokenizer import get_tokenizer

import annotate.demo_model  # noqa: F401 - registers the demo's checkpoint for `find`
from annotate.media.audio import RATE, Samples, decode
from annotate.model.errors import AnnotateError
from annotate.recognizers.batched_whisper.cross_attention import CrossAttention
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.batched_whisper.greedy_decoding import GreedyDecoder
from annotate.recognizers.batched_whisper.log_mel import log_mel
from annotate.recognizers.batched_whisper.logits_processor import (
    LogitsProcessor,
    TimestampState,
    suppressed_tokens,
)
from annotate.recognizers.batched_whisper.network import ROWS
from annotate.recognizers.batched_whisper.timestamp_segments import FRAME_MS
from annotate.recognizers.batched_whisper.word_alignment import (
    AlignedWord,
    CrossAttentionAligner,
    words,
)
from annotate.recognizers.checkpoints import Checkpoint, find
from annotate.recognizers.options import ComputeType, DecodingOptions
from benchmarks.recognizers.engine_task import EngineTask
from benchmarks.recognizers.packing import PackedWindow, pack, utterances_of
from benchmarks.recognizers.worker import GpuMemory, peak_mb

MAX_NEW_TOKENS = 150
LANGUAGE = "en"


class TextProcessor(LogitsProcessor):
    """openai-whisper's rules without timestamps: suppressed tokens, and no blank or end at first.

    The rules ask for tokens only, so the log-probabilities it returns are zeros.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, device: torch.device):
        super().__init__(tokenizer, vocabulary, device)
        self._never = torch.zeros(vocabulary, device=device)
        self._never[suppressed_tokens(tokenizer)] = -torch.inf
        self._never_first = self._never.clone()
        self._never_first[[*tokenizer.encode(" "), tokenizer.eot]] = -torch.inf

    def choose(
        self,
        logits: Tensor,
        state: TimestampState,
        first: bool,
        temperatures: Tensor | None,
        uniform: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The likeliest token of each row among those allowed."""
        logits += self._never_first if first else self._never
        return logits.argmax(-1), torch.zeros(len(logits), device=logits.device)


class LimitedDecoder(GreedyDecoder):
    """Greedy decoding of at most `MAX_NEW_TOKENS` tokens."""

    def max_tokens(self, prompt: int) -> int:
        """The most tokens that are decoded after a prompt of that length."""
        return min(MAX_NEW_TOKENS, super().max_tokens(prompt))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedWindow:
    """One window's tokens, and its words on the window's clock if they were asked for."""

    tokens: tuple[int, ...]
    words: tuple[AlignedWord, ...] = ()


class PackedWhisper(BatchedWhisper):
    """The engine's network, lanes and batch size, with decoding by MLPerf's rules."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str,
        batch: int | None = None,
        compute_type: ComputeType | None = None,
    ):
        decoding = DecodingOptions(temperatures=(0.0,), language=LANGUAGE)
        super().__init__(checkpoint, device, decoding, batch, compute_type=compute_type)
        self._network = network = self._decoder.network
        self._tokenizer = tokenizer = get_tokenizer(
            network.multilingual,
            num_languages=network.language_tokens,
            language=LANGUAGE if network.multilingual else None,
        )
        self._prompt = tuple(tokenizer.sot_sequence_including_notimestamps)
        processor = TextProcessor(tokenizer, network.dims.n_vocab, network.device)
        self._greedy = LimitedDecoder(network, processor, tokenizer.no_speech, 0)
        self._aligner = CrossAttentionAligner(network, tokenizer.eot)

    @property
    def settings(self) -> dict[str, Any]:
        """How many windows a batch has, and how many batches are decoded at once."""
        return {"batch": self.batch, "lanes": self._lanes, "dtype": str(self._network.dtype)}

    def decode_windows(self, windows: Sequence[Samples], word_times: bool) -> list[DecodedWindow]:
        """Decode windows of at most 30 s, in batches of similar length; results in order."""
        order = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        size = self._even(len(windows))
        batches = [order[first : first + size] for first in range(0, len(order), size)]
        decoded: dict[int, DecodedWindow] = {}
        threads = max(1, torch.get_num_threads() // self._lanes)
        with ThreadPoolExecutor(self._lanes, "lane", torch.set_num_threads, (threads,)) as lanes:
            futures = [
                lanes.submit(self._decode_batch, [windows[index] for index in batch], word_times)
                for batch in batches
            ]
            for batch, future in zip(batches, futures, strict=True):
                decoded.update(zip(batch, future.result(), strict=True))
        return [decoded[index] for index in range(len(windows))]

    def text_of(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        text = self._tokenizer.decode([token for token in tokens if token < self._end])
        return str(text).strip()

    @property
    def _end(self) -> int:
        return int(self._tokenizer.eot)

    def _even(self, count: int) -> int:
        """The batch size at which all lanes have the same number of batches."""
        rounds = -(-count // (self._lanes * self.batch))
        size = -(-count // (self._lanes * max(1, rounds)))
        return min(self.batch, -(-size // ROWS) * ROWS) or ROWS

    @torch.inference_mode()
    def _decode_batch(self, windows: Sequence[Samples], word_times: bool) -> list[DecodedWindow]:
        network, count = self._network, len(windows)
        rows = -(-count // ROWS) * ROWS
        mel = log_mel(windows, network.dims.n_mels, network.device)
        cross = network.encode(mel, rows)
        prompts = torch.tensor([self._prompt] * rows, device=network.device)
        uniform = np.zeros((count, self._greedy.max_tokens(len(self._prompt))))
        hypotheses = self._greedy.decode(cross, prompts, [0.0] * count, uniform)
        tokens = [hypothesis.tokens for hypothesis in hypotheses]
        if not word_times:
            return [DecodedWindow(tokens=one) for one in tokens]
        aligned = self._words(tokens, windows, cross)
        return [
            DecodedWindow(tokens=one, words=found)
            for one, found in zip(tokens, aligned, strict=True)
        ]

    def _words(
        self,
        tokens: Sequence[tuple[int, ...]],
        windows: Sequence[Samples],
        cross: Sequence[CrossAttention],
    ) -> list[tuple[AlignedWord, ...]]:
        texts = [tuple(token for token in row if token < self._end) for row in tokens]
        frames = [max(1, len(window) * 1000 // RATE // FRAME_MS) for window in windows]
        starts = [self._prompt] * len(texts)
        return [
            () if scores is None else tuple(words(scores, [0.0] * len(text), self._tokenizer))
            for text, scores in zip(
                texts, self._aligner.scores(texts, starts, frames, cross), strict=True
            )
        ]


def main(task_file: Path, result_file: Path) -> None:
    """Pack, load, warm up and decode with timing; write the result or the error."""
    task = EngineTask.from_json(task_file.read_text("utf-8"))
    try:
        result = measure(task)
    except AnnotateError as error:
        result = {"error": str(error)}
    except torch.OutOfMemoryError:
        result = {"error": "the batches don't fit into memory: give a smaller --mlperf-batch"}
    result_file.write_text(json.dumps(result), "utf-8")


def measure(task: EngineTask) -> dict[str, Any]:
    """Two passes over the packed windows: without the words' times, and with them."""
    packed = pack(
        utterance
        for path in map(Path, task.recordings)
        for utterance in utterances_of(path.stem, decode(path.read_bytes()).samples)
    )
    if not packed:
        raise AnnotateError("no speech in the recordings: name another folder to --recordings")
    started = time.perf_counter()
    engine = PackedWhisper(find(task.model), task.device, task.batch_size or None)
    loaded = time.perf_counter()
    windows = [window.samples for window in packed]
    if task.warm_up:
        engine.decode_windows(windows[: task.warm_up], word_times=True)
    with GpuMemory(task.device) as gpu:
        passes = {
            "without_word_times": _pass(engine, packed, task.repeat, word_times=False),
            "with_word_times": _pass(engine, packed, task.repeat, word_times=True),
        }
    gpu_name = torch.cuda.get_device_name() if task.device == "cuda" else None
    return {
        "windows": [[asdict(part) for part in window.parts] for window in packed],
        "load_seconds": loaded - started,
        "peak_mb": peak_mb(),
        "gpu_peak_mb": gpu.peak_mb,
        "gpu": gpu_name,
        "settings": engine.settings,
        "passes": passes,
    }


def _pass(
    engine: PackedWhisper, packed: Sequence[PackedWindow], repeat: int, *, word_times: bool
) -> dict[str, Any]:
    """Seconds, tokens, and the first repetition's texts and words."""
    windows = [window.samples for window in packed] * repeat
    started = time.perf_counter()
    decoded = engine.decode_windows(windows, word_times)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "tokens": sum(len(window.tokens) for window in decoded),
        "texts": [engine.text_of(window.tokens) for window in decoded[: len(packed)]],
        "words": [
            [(word.text.strip(), word.start_ms, word.end_ms) for word in window.words]
            for window in decoded[: len(packed)]
        ],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
