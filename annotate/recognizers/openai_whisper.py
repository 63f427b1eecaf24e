"""Unmodified openai-whisper, one window at a time: the reference for every other engine."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
import whisper

from annotate.model.speech import Span
from annotate.recognizers import whisper_result
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.loading import given_language, known_languages, load, pick_device
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput


class OpenAIWhisper:
    """`whisper.transcribe` on each window of recording, with word times by cross-attention.

    Args:
        checkpoint: The weights.
        device: `auto`, `cpu` or `cuda`.
        alignment_heads: As text; None takes those of the checkpoint.
    """

    engine = "stock"

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str,
        decoding: DecodingOptions,
        alignment_heads: str | None = None,
    ):
        self.model = checkpoint.name
        self.model_sha256 = checkpoint.sha256
        self.decoding = decoding
        loaded = load(checkpoint, pick_device(device), alignment_heads)
        self._network, self._heads = loaded.network, loaded.alignment_heads
        self._languages = known_languages(self._network)

    def options(self) -> dict[str, Any]:
        """The decoding options, openai-whisper's version, and the alignment heads."""
        return {
            **self.decoding.model_dump(mode="json"),
            "whisper": whisper.__version__,
            "alignment_heads": self._heads.as_option(),
        }

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """One recording after the other."""
        for recording in recordings:
            yield self._one(recording)

    def _one(self, recording: RecognizerInput) -> RecognizerOutput:
        # Retries at a higher temperature sample tokens: with a seed from the recording they are
        # the same whenever it is transcribed, and after any other recording.
        torch.manual_seed(zlib.crc32(recording.recording_id.encode()))
        language = given_language(recording, self.decoding, self._languages)
        collected = whisper_result.Collected()
        for window in recording.windows:
            result = self._window(recording, window, language)
            language = language or result["language"]
            collected.add(result["segments"], window, result["language"])
        return RecognizerOutput(
            recording_id=recording.recording_id,
            language=language or "und",
            segments=tuple(collected.segments),
            words=tuple(collected.words),
        )

    def _window(
        self, recording: RecognizerInput, window: Span, language: str | None
    ) -> dict[str, Any]:
        result: dict[str, Any] = whisper.transcribe(
            self._network,
            recording.samples_of(window),
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
