"""Word disagreement between an engine's transcripts and openai-whisper's."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from annotate.evaluation.word_errors import match
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.speech import Span, Word, joining
from annotate.model.tables import Recordings, Transcripts
from annotate.recognizers import checkpoints
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import TranscribeOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.store.lake import Lake
from annotate.transcribe.preprocessing import Source, preprocess
from annotate.transcribe.transcribe_shard import DECODE_BOUNDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Over all recordings of the sample together.

    Attributes:
        difference: Words that were recognized differently, over openai-whisper's words.
        word_time_ms: Median distance of the starts of words that both recognized, in milliseconds;
            None when there are none.
    """

    recordings: int
    words: int
    difference: float
    word_time_ms: float | None


def check(options: TranscribeOptions) -> None:
    """Check that openai-whisper can read the model, without loading it.

    Raises:
        AnnotateError: If not.
    """
    if checkpoints.check(options.model) == "ctranslate2":
        raise AnnotateError(
            "--parity-sample: openai-whisper can't read a CTranslate2 model. Leave the option out, "
            "or give as --model what the model was converted from: a .pt file or a folder with "
            "model.safetensors"
        )


def compare(
    lake: Lake,
    options: TranscribeOptions,
    checkpoint: Checkpoint,
    count: int,
    progress: Callable[[int, int], None],
) -> Parity:
    """Repeat some transcripts with unmodified `whisper.transcribe` on whole recordings.

    Args:
        count: How many; ids are hashes, so the first of them are a random sample.
        progress: Called with the number done and the total.

    Raises:
        AnnotateError: If no transcript was made with these weights by this engine.
    """
    from annotate.recognizers.openai_whisper import OpenAIWhisper

    rows = _sample(lake, options, checkpoint, count)
    if not rows:
        raise AnnotateError(f"no transcripts of {options.engine} with {checkpoint.name} to compare")
    ours = {row["recording_id"]: [Word(**joining(word)) for word in row["words"]] for row in rows}
    stock = OpenAIWhisper(checkpoint, options.device, options.decoding, options.alignment_heads)
    errors = words = 0
    apart: list[int] = []
    progress(0, len(rows))
    for done, output in enumerate(stock.transcribe(_whole(lake, rows, options)), 1):
        progress(done, len(rows))
        found = match(output.words, ours[output.recording_id])
        errors, words = errors + found.errors, words + found.words
        apart += [abs(theirs.start_ms - mine.start_ms) for theirs, mine in found.right]
    return Parity(
        recordings=len(rows),
        words=words,
        difference=errors / words if words else float(errors > 0),
        word_time_ms=statistics.median(apart) if apart else None,
    )


def _sample(
    lake: Lake, options: TranscribeOptions, checkpoint: Checkpoint, count: int
) -> list[dict[str, Any]]:
    made = lake.current(Transcripts).filter(
        (pl.col("engine") == options.engine) & (pl.col("model_sha256") == checkpoint.sha256)
    )
    recordings = lake.current(Recordings).select("recording_id", "blob", spoken="language")
    rows = made.select("recording_id", "words").join(recordings, on="recording_id")
    return rows.sort("recording_id").head(count).collect().to_dicts()


def _whole(
    lake: Lake, rows: list[dict[str, Any]], options: TranscribeOptions
) -> Iterator[RecognizerInput]:
    """Each recording as one window: openai-whisper cuts it by its own method."""
    sources = (
        Source(
            recording_id=row["recording_id"],
            language=row["spoken"],
            read=partial(lake.blobs.get, row["blob"]),
        )
        for row in rows
    )
    for ready in preprocess(sources, DECODE_BOUNDS, options.activity):
        if isinstance(ready, Rejection):
            raise AnnotateError(f"{ready.item} can't be compared: {ready.detail}")
        yield RecognizerInput(
            recording_id=ready.input.recording_id,
            samples=ready.input.samples,
            windows=(Span(start_ms=0, end_ms=ready.duration_ms),),
            language=ready.input.language,
        )
