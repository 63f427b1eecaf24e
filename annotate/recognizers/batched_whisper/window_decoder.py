"""A batch of windows to what is said in each: everything that happens on the device."""

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
from torch.nn import functional
from whisper.tokenizer import get_tokenizer
from whisper.utils import compression_ratio

from annotate.recognizers.batched_whisper.batcher import Job
from annotate.recognizers.batched_whisper.greedy_decoding import Greedy, Line
from annotate.recognizers.batched_whisper.log_mel import log_mel
from annotate.recognizers.batched_whisper.logits_processor import Rules
from annotate.recognizers.batched_whisper.network import ROWS, KeyValue, Network
from annotate.recognizers.batched_whisper.timestamp_segments import FRAME_MS, Pieces, cut
from annotate.recognizers.batched_whisper.word_alignment import Spoken, Watched, Watcher, words
from annotate.recognizers.loading import told_language
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was made of one window.

    Attributes:
        language: As known before, or as detected.
        again: Whether it is doubtful and has a higher temperature left to be tried at.
        pieces: Its segments; empty where it has to be heard again, or nobody speaks.
        watched: For the words' times; None where there are no words.
    """

    language: str
    line: Line
    temperature: float
    compression_ratio: float
    again: bool
    pieces: Pieces
    watched: Watched | None


class Ear:
    """Hears batches of windows.

    Args:
        network: The weights.
        decoding: As openai-whisper means them.
    """

    def __init__(self, network: Network, decoding: DecodingOptions):
        self.network, self.decoding = network, decoding
        self.tokenizer = self._tokenizer("en" if network.multilingual else None)
        prompt = self.tokenizer.encode(" " + (decoding.initial_prompt or "").strip())
        room = network.dims.n_text_ctx // 2 - 1
        self._prompt = [self.tokenizer.sot_prev, *prompt[-room:]] if decoding.initial_prompt else []
        rules = Rules(self.tokenizer, network.dims.n_vocab, network.device)
        self._greedy = Greedy(network, rules, self.tokenizer.no_speech, len(self._prompt))
        self._watcher = Watcher(network, self.tokenizer.eot)

    @torch.inference_mode()
    def hear(self, jobs: Sequence[Job]) -> list[Reading]:
        """Hear some windows; what comes of one doesn't depend on the others."""
        network = self.network
        mel = log_mel([job.samples for job in jobs], network.dims.n_mels, network.device)
        features = network.encode(mel)
        features = functional.pad(features, (0, 0, 0, 0, 0, -len(jobs) % ROWS))
        heard = network.listen(features)
        languages = self._languages(jobs, heard)
        heat = [self.decoding.temperatures[job.attempt] for job in jobs]
        prompts = self._prompts(languages, len(features))
        luck = np.stack([_luck(job, self._greedy.longest(prompts.shape[1])) for job in jobs])
        lines = self._greedy.speak(heard, prompts, heat, luck)
        readings = [
            self._judge(job, line, language)
            for job, line, language in zip(jobs, lines, languages, strict=True)
        ]
        return self._watch(jobs, readings, heard)

    def words(self, reading: Reading) -> list[Spoken]:
        """The words of a reading, and when each was said."""
        if reading.watched is None:
            return []
        line, end = reading.line, self.tokenizer.eot
        pairs = zip(line.tokens, line.logprobs, strict=True)
        sure = [logprob for token, logprob in pairs if token < end]
        return words(reading.watched, sure, self._tokenizer(reading.language))

    def sounds(self, text: Sequence[int]) -> str:
        """The text that tokens stand for."""
        return str(self.tokenizer.decode(list(text)))

    def told_language(self, speech: Speech) -> str | None:
        """The language that a recording is in; None to have it detected on its first window."""
        return told_language(speech, self.decoding, self.network.languages)

    def _languages(self, jobs: Sequence[Job], heard: list[KeyValue]) -> list[str]:
        known = [job.recording.language for job in jobs]
        if None not in known:
            return [str(language) for language in known]
        start = torch.full((len(heard[0].keys), 1), self.tokenizer.sot, device=self.network.device)
        read = self.network.read(start, 0, self.network.memory(len(start), 1), heard)
        tokens = list(self.tokenizer.all_language_tokens)
        likeliest = self.network.logits(read[:, 0])[:, tokens].argmax(-1).tolist()
        codes = self.tokenizer.all_language_codes
        return [
            language or str(codes[place])
            for language, place in zip(known, likeliest, strict=False)  # rows that fill up: none
        ]

    def _prompts(self, languages: Sequence[str], rows: int) -> Tensor:
        starts = [
            [*self._prompt, *self._tokenizer(language).sot_sequence] for language in languages
        ]
        filled = starts + [starts[0]] * (rows - len(starts))
        return torch.tensor(filled, device=self.network.device)

    def _judge(self, job: Job, line: Line, language: str) -> Reading:
        decoding, tokenizer = self.decoding, self.tokenizer
        text = self.sounds(line.tokens).strip()
        repeated = compression_ratio(text) if text else 0.0
        unsure = line.avg_logprob < decoding.logprob_threshold
        # openai-whisper takes an unsure window in which nobody seems to speak for silence.
        silent = line.no_speech_prob > decoding.no_speech_threshold and unsure
        doubtful = repeated > decoding.compression_ratio_threshold or unsure
        again = doubtful and not silent and job.attempt + 1 < len(decoding.temperatures)
        said = () if again or silent else line.tokens
        return Reading(
            language=language,
            line=line,
            temperature=decoding.temperatures[job.attempt],
            compression_ratio=repeated,
            again=again,
            pieces=cut(said, tokenizer.timestamp_begin, tokenizer.eot, job.window.length_ms),
            watched=None,
        )

    def _watch(
        self, jobs: Sequence[Job], readings: list[Reading], heard: list[KeyValue]
    ) -> list[Reading]:
        texts = [
            tuple(token for piece in reading.pieces.all for token in piece.tokens)
            for reading in readings
        ]
        starts = [
            tuple(self._tokenizer(reading.language).sot_sequence_including_notimestamps)
            for reading in readings
        ]
        frames = [max(1, job.window.length_ms // FRAME_MS) for job in jobs]
        watched = self._watcher.watch(texts, starts, frames, heard)
        return [
            replace(reading, watched=seen) for reading, seen in zip(readings, watched, strict=True)
        ]

    def _tokenizer(self, language: str | None) -> Any:
        return _tokenizer(self.network.multilingual, self.network.language_tokens, language)


@lru_cache(maxsize=128)
def _tokenizer(multilingual: bool, languages: int, language: str | None) -> Any:
    # An English-only network is told no language.
    return get_tokenizer(
        multilingual, num_languages=languages, language=language if multilingual else None
    )


def _luck(job: Job, count: int) -> NDArray[np.float64]:
    """Random numbers that depend on the window and the attempt, and on nothing else."""
    name = zlib.crc32(job.recording.speech.recording_id.encode())
    return np.random.default_rng([name, job.window.start_ms, job.attempt]).random(count)
