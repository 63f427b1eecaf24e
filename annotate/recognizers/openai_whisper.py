"""openai-whisper as it comes, one window after another: the yardstick for every faster engine."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
import whisper

from annotate.model.speech import Span
from annotate.recognizers import whisper_result
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.loading import known_languages, load, pick_device, told_language
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import Heard, Speech


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
        self._known = known_languages(self._network)

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
        language = told_language(speech, self.decoding, self._known)
        collected = whisper_result.Collected()
        for window in speech.windows:
            result = self._window(speech, window, language)
            language = language or result["language"]
            collected.add(result["segments"], window, result["language"])
        return Heard(
            recording_id=speech.recording_id,
            language=language or "und",
            segments=tuple(collected.segments),
            words=tuple(collected.words),
        )

    def _window(self, speech: Speech, window: Span, language: str | None) -> dict[str, Any]:
        result: dict[str, Any] = whisper.transcribe(
            self._network,
            speech.sound(window),
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
