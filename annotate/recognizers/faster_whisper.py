"""faster-whisper, one window after another: Whisper on CTranslate2 instead of torch.

Optional: `pip install 'annotate-aloud[ctranslate2]'`. Nothing else imports it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.model.speech import Span
from annotate.recognizers import whisper_result
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_conversion import require
from annotate.recognizers.ctranslate2_folder import model_folder
from annotate.recognizers.loading import given_language, pick_device
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput, RecognizerOutput


class FasterWhisper:
    """`faster_whisper.WhisperModel.transcribe` on each window of recording, with word times.

    Where no temperature's result passes the thresholds, it returns the likeliest of them;
    openai-whisper returns the last.

    Args:
        checkpoint: The weights; converted on first use if they are in another format.
        device: `auto`, `cpu` or `cuda`.
        compute_type: CTranslate2's name of the number format to compute with (`int8`); by default
            float16 on a GPU and float32 on a CPU, as in the stock engine.
        threads: CPU threads; 0 takes CTranslate2's default.
        alignment_heads: As text; None takes those of the checkpoint.

    Raises:
        AnnotateError: If faster-whisper isn't installed, the weights aren't available, or the
            requested language is not one of Whisper's.
    """

    engine = "ctranslate2"

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: str,
        decoding: DecodingOptions,
        *,
        compute_type: str | None = None,
        threads: int = 0,
        alignment_heads: str | None = None,
    ):
        require()
        import faster_whisper

        self.model = checkpoint.name
        self.model_sha256 = checkpoint.sha256
        self.decoding = decoding
        self._compute_type = compute_type
        path, self._heads = model_folder(checkpoint, alignment_heads)
        folder = str(path)
        kind, _, index = pick_device(device).partition(":")
        try:
            self._recognizer = faster_whisper.WhisperModel(
                folder,
                device=kind,
                device_index=int(index or 0),
                compute_type=compute_type or ("float16" if kind == "cuda" else "float32"),
                cpu_threads=threads,
            )
        except Exception as error:  # the libraries raise any type for a damaged file
            raise _failed(error, f" to load {folder}") from error
        self._languages = frozenset(self._recognizer.supported_languages)
        multilingual = self._recognizer.model.is_multilingual
        if multilingual and decoding.language not in {None, *self._languages}:
            raise AnnotateError(
                f"Whisper has no language {decoding.language!r}: give a code such as en, de or es"
            )
        self._sampling = _Sampling(self._recognizer.model, folder, threads)
        self._recognizer.model = self._sampling

    def options(self) -> dict[str, Any]:
        """The decoding options, the number format, the libraries' versions, and alignment heads."""
        import ctranslate2
        import faster_whisper

        return {
            **self.decoding.model_dump(mode="json"),
            "compute_type": self._compute_type or "default",
            "faster_whisper": faster_whisper.__version__,
            "ctranslate2": ctranslate2.__version__,
            "alignment_heads": self._heads.as_option(),
        }

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """One recording after the other."""
        for recording in recordings:
            try:
                output = self._one(recording)
            except RuntimeError as error:  # out of memory, or a missing CUDA library
                raise _failed(error) from error
            yield output

    def _one(self, recording: RecognizerInput) -> RecognizerOutput:
        language = given_language(recording, self.decoding, self._languages)
        collected = whisper_result.Collected()
        with self._sampling.seeded(zlib.crc32(recording.recording_id.encode())):
            for window in recording.windows:
                found, language = self._window(recording, window, language)
                collected.add(map(asdict, found), window, language)
        return RecognizerOutput(
            recording_id=recording.recording_id,
            language=language or "und",
            segments=tuple(collected.segments),
            words=tuple(collected.words),
        )

    def _window(
        self, recording: RecognizerInput, window: Span, language: str | None
    ) -> tuple[Iterable[Any], str]:
        segments, info = self._recognizer.transcribe(
            recording.samples_of(window),
            language=language,
            beam_size=1,
            best_of=1,
            temperature=self.decoding.temperatures,
            compression_ratio_threshold=self.decoding.compression_ratio_threshold,
            log_prob_threshold=self.decoding.logprob_threshold,
            no_speech_threshold=self.decoding.no_speech_threshold,
            condition_on_previous_text=False,
            initial_prompt=self.decoding.initial_prompt,
            word_timestamps=True,
            vad_filter=False,
        )
        return segments, info.language


class _Sampling:
    """CTranslate2's Whisper with reproducible sampling: the same tokens for the same recording.

    A seed counts only for the first draw of a model's thread. So the recordings that need retries
    at a higher temperature, which are few, sample from a copy of the model that is loaded for each
    and then dropped.
    """

    def __init__(self, network: Any, folder: str, threads: int):
        self._network = network
        self._folder = folder
        self._threads = threads
        self._seed = 0
        self._copy: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Context in which sampled tokens are the same for the same seed."""
        self._seed = seed
        try:
            yield
        finally:
            self._copy = None

    def generate(self, *args: Any, **options: Any) -> Any:
        """CTranslate2's `generate`, on the copy of the model where tokens are sampled."""
        if not options.get("sampling_temperature"):
            return self._network.generate(*args, **options)
        if self._copy is None:
            import ctranslate2

            ctranslate2.set_random_seed(self._seed)
            self._copy = ctranslate2.models.Whisper(
                self._folder,
                device=self._network.device,
                device_index=self._network.device_index,
                compute_type=self._network.compute_type,
                intra_threads=self._threads,
            )
        return self._copy.generate(*args, **options)


def _failed(error: Exception, doing: str = "") -> AnnotateError:
    if "compute type" in str(error):
        return AnnotateError(f"{error}: pass --compute-type float32 or int8, or leave it out")
    remedy = "convert or download the model again, or " if doing else ""
    return AnnotateError(
        f"CTranslate2 failed{doing} ({error}): {remedy}use --device cpu or another engine"
    )
