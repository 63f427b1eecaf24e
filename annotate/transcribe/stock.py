"""openai-whisper as it comes, one window after another: the yardstick for every faster engine."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
import whisper

from annotate.model.speech import Segment, Span, Word
from annotate.store.audio import RATE
from annotate.transcribe.checkpoints import Checkpoint
from annotate.transcribe.loading import load, pick_device
from annotate.transcribe.options import DecodingOptions
from annotate.transcribe.port import Heard, Speech


class StockWhisper:
    """`whisper.transcribe` on each window of speech, with word times by cross-attention.

    Args:
        checkpoint: The weights.
        device: `auto`, `cpu` or `cuda`.
    """

    engine = "stock"

    def __init__(self, checkpoint: Checkpoint, device: str, decoding: DecodingOptions):
        self.model = checkpoint.name
        self.model_sha256 = checkpoint.sha256
        self.decoding = decoding
        self._network = load(checkpoint, pick_device(device))

    def options(self) -> dict[str, Any]:
        """The decoding options and openai-whisper's version."""
        return {**self.decoding.model_dump(mode="json"), "whisper": whisper.__version__}

    def transcribe(self, recordings: Iterable[Speech]) -> Iterator[Heard]:
        """One recording after the other."""
        for speech in recordings:
            yield self._one(speech)

    def _one(self, speech: Speech) -> Heard:
        # Hotter retries draw random tokens: seeded by the recording, they come out the same
        # whenever and after whatever it is transcribed.
        torch.manual_seed(zlib.crc32(speech.recording_id.encode()))
        language = self._language(speech)
        segments: list[Segment] = []
        words: list[Word] = []
        for window in speech.windows:
            result = self._window(speech, window, language)
            language = language or result["language"]
            for segment in result["segments"]:
                words += _words(segment, window, len(segments))
                segments.append(_segment(segment, window))
        return Heard(
            recording_id=speech.recording_id,
            language=language or "und",
            segments=tuple(segments),
            words=tuple(words),
        )

    def _window(self, speech: Speech, window: Span, language: str | None) -> dict[str, Any]:
        first, last = (edge * RATE // 1000 for edge in (window.start_ms, window.end_ms))
        result: dict[str, Any] = whisper.transcribe(
            self._network,
            speech.samples[first:last],
            temperature=self.decoding.temperatures,
            compression_ratio_threshold=self.decoding.compression_ratio_threshold,
            logprob_threshold=self.decoding.logprob_threshold,
            no_speech_threshold=self.decoding.no_speech_threshold,
            condition_on_previous_text=False,
            initial_prompt=self.decoding.initial_prompt,
            word_timestamps=True,
            language=language,
            fp16=self._network.device.type == "cuda",
            verbose=None,
        )
        return result

    def _language(self, speech: Speech) -> str | None:
        if not self._network.is_multilingual:
            return "en"
        return self.decoding.language or speech.language


def _segment(raw: dict[str, Any], window: Span) -> Segment:
    return Segment(
        start_ms=_on_clock(raw["start"], window),
        end_ms=max(_on_clock(raw["start"], window), _on_clock(raw["end"], window)),
        text=raw["text"].strip(),
        avg_logprob=round(float(raw["avg_logprob"]), 6),
        no_speech_prob=round(float(raw["no_speech_prob"]), 6),
        compression_ratio=round(float(raw["compression_ratio"]), 6),
        temperature=float(raw["temperature"]),
    )


def _words(raw: dict[str, Any], window: Span, segment: int) -> list[Word]:
    return [
        Word(
            text=word["word"].strip(),
            start_ms=_on_clock(word["start"], window),
            end_ms=_on_clock(word["end"], window),
            probability=round(float(word["probability"]), 6),
            segment=segment,
        )
        for word in raw.get("words", [])
        if word["word"].strip()
    ]


def _on_clock(seconds: float, window: Span) -> int:
    """A time within a window, in seconds, as milliseconds of the recording, within the window."""
    return min(max(window.start_ms + round(seconds * 1000), window.start_ms), window.end_ms)
