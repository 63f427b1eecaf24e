"""Encode and decode a batch of windows: everything that runs on the device."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from whisper.tokenizer import get_tokenizer
from whisper.utils import compression_ratio

from annotate.recognizers.batched_whisper.batcher import WindowTask
from annotate.recognizers.batched_whisper.cross_attention import CrossAttention
from annotate.recognizers.batched_whisper.greedy_decoding import GreedyDecoder, Hypothesis
from annotate.recognizers.batched_whisper.log_mel import log_mel
from annotate.recognizers.batched_whisper.logits_processor import LogitsProcessor
from annotate.recognizers.batched_whisper.network import ROWS, Network
from annotate.recognizers.batched_whisper.timestamp_segments import (
    FRAME_MS,
    WindowSegments,
    split_at_timestamps,
)
from annotate.recognizers.batched_whisper.word_alignment import (
    AlignedWord,
    AttentionScores,
    CrossAttentionAligner,
    words,
)
from annotate.recognizers.loading import given_language
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingResult:
    """One decoded window.

    Attributes:
        language: As given, or as detected.
        retry: Whether it fails the thresholds and has a higher temperature left to be decoded at.
        segments: Empty where it is decoded again, or contains no speech.
        attention: For the words' times; None where there are no words.
    """

    language: str
    hypothesis: Hypothesis
    temperature: float
    compression_ratio: float
    retry: bool
    segments: WindowSegments
    attention: AttentionScores | None


class WindowDecoder:
    """Encodes and decodes batches of windows.

    Args:
        network: The weights.
        decoding: With openai-whisper's meaning of each option.
    """

    def __init__(self, network: Network, decoding: DecodingOptions):
        self.network, self.decoding = network, decoding
        self.tokenizer = self._tokenizer("en" if network.multilingual else None)
        prompt = self.tokenizer.encode(" " + (decoding.initial_prompt or "").strip())
        room = network.dims.n_text_ctx // 2 - 1
        self._prompt = [self.tokenizer.sot_prev, *prompt[-room:]] if decoding.initial_prompt else []
        processor = LogitsProcessor(self.tokenizer, network.dims.n_vocab, network.device)
        self._greedy = GreedyDecoder(
            network, processor, self.tokenizer.no_speech, len(self._prompt)
        )
        self._aligner = CrossAttentionAligner(network, self.tokenizer.eot)

    @property
    def positions(self) -> int:
        """The most tokens of a window: the prompt, and those decoded after it."""
        prompt = len(self._prompt) + len(self.tokenizer.sot_sequence)
        return prompt + self._greedy.max_tokens(prompt)

    @torch.inference_mode()
    def decode(self, tasks: Sequence[WindowTask]) -> list[DecodingResult]:
        """Decode a batch of windows; a window's result doesn't depend on the others."""
        network = self.network
        mel = log_mel([task.samples for task in tasks], network.dims.n_mels, network.device)
        rows = -(-len(tasks) // ROWS) * ROWS
        cross = network.encode(mel, rows)
        languages = self._languages(tasks, cross, rows)
        temperatures = [self.decoding.temperatures[task.attempt] for task in tasks]
        prompts = self._prompts(languages, rows)
        length = self._greedy.max_tokens(prompts.shape[1])
        uniform = np.stack([_uniform(task, length) for task in tasks])
        hypotheses = self._greedy.decode(cross, prompts, temperatures, uniform)
        results = [
            self._evaluate(task, hypothesis, language)
            for task, hypothesis, language in zip(tasks, hypotheses, languages, strict=True)
        ]
        return self._with_attention(tasks, results, cross)

    def words(self, result: DecodingResult) -> list[AlignedWord]:
        """The words of a result with their times."""
        if result.attention is None:
            return []
        hypothesis, end = result.hypothesis, self.tokenizer.eot
        pairs = zip(hypothesis.tokens, hypothesis.logprobs, strict=True)
        logprobs = [logprob for token, logprob in pairs if token < end]
        return words(result.attention, logprobs, self._tokenizer(result.language))

    def text_of(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return str(self.tokenizer.decode(list(tokens)))

    def given_language(self, recording: RecognizerInput) -> str | None:
        """The language of a recording; None to have it detected on its first window."""
        return given_language(recording, self.decoding, self.network.languages)

    def _languages(
        self, tasks: Sequence[WindowTask], cross: Sequence[CrossAttention], rows: int
    ) -> list[str]:
        known = [task.recording.language for task in tasks]
        if None not in known:
            return [str(language) for language in known]
        start = torch.full((rows, 1), self.tokenizer.sot, device=self.network.device)
        hidden = self.network.decoder_step(start, 0, self.network.kv_cache(rows, 1), cross)
        tokens = list(self.tokenizer.all_language_tokens)
        likeliest = self.network.logits(hidden[:, 0])[:, tokens].argmax(-1).tolist()
        codes = self.tokenizer.all_language_codes
        return [
            language or str(codes[index])
            for language, index in zip(known, likeliest, strict=False)  # rows of padding: none
        ]

    def _prompts(self, languages: Sequence[str], rows: int) -> Tensor:
        starts = [
            [*self._prompt, *self._tokenizer(language).sot_sequence] for language in languages
        ]
        padded = starts + [starts[0]] * (rows - len(starts))
        return torch.tensor(padded, device=self.network.device)

    def _evaluate(self, task: WindowTask, hypothesis: Hypothesis, language: str) -> DecodingResult:
        """Apply openai-whisper's thresholds: accept, decode again, or treat it as silence."""
        decoding, tokenizer = self.decoding, self.tokenizer
        text = self.text_of(hypothesis.tokens).strip()
        ratio = compression_ratio(text) if text else 0.0
        # Written so that a probability that is no number counts as improbable.
        improbable = not hypothesis.avg_logprob >= decoding.logprob_threshold
        # openai-whisper treats an improbable window with a high no_speech_prob as silence.
        silent = hypothesis.no_speech_prob > decoding.no_speech_threshold and improbable
        failed = ratio > decoding.compression_ratio_threshold or improbable
        retry = failed and not silent and task.attempt + 1 < len(decoding.temperatures)
        return DecodingResult(
            language=language,
            hypothesis=hypothesis,
            temperature=decoding.temperatures[task.attempt],
            compression_ratio=ratio,
            retry=retry,
            segments=split_at_timestamps(
                () if retry or silent else hypothesis.tokens,
                tokenizer.timestamp_begin,
                tokenizer.eot,
                task.window.length_ms,
            ),
            attention=None,
        )

    def _with_attention(
        self,
        tasks: Sequence[WindowTask],
        results: list[DecodingResult],
        cross: Sequence[CrossAttention],
    ) -> list[DecodingResult]:
        texts = [
            tuple(token for segment in result.segments.all for token in segment.tokens)
            for result in results
        ]
        starts = [
            tuple(self._tokenizer(result.language).sot_sequence_including_notimestamps)
            for result in results
        ]
        frames = [max(1, task.window.length_ms // FRAME_MS) for task in tasks]
        attention = self._aligner.scores(texts, starts, frames, cross)
        return [
            replace(result, attention=scores)
            for result, scores in zip(results, attention, strict=True)
        ]

    def _tokenizer(self, language: str | None) -> Any:
        return _tokenizer(self.network.multilingual, self.network.language_tokens, language)


@lru_cache(maxsize=128)
def _tokenizer(multilingual: bool, languages: int, language: str | None) -> Any:
    # An English-only network takes no language token.
    return get_tokenizer(
        multilingual, num_languages=languages, language=language if multilingual else None
    )


def _uniform(task: WindowTask, count: int) -> NDArray[np.float64]:
    """Random numbers in [0, 1) that depend on the window and the attempt alone."""
    name = zlib.crc32(task.recording.input.recording_id.encode())
    return np.random.default_rng([name, task.window.start_ms, task.attempt]).random(count)
