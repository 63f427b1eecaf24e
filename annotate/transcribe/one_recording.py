"""Transcribe one recording outside of the stage, with the same words as in the stage."""

from __future__ import annotations

from annotate.media.audio import AudioBounds
from annotate.model.errors import RejectedError, Rejection
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.speech import Word
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import RecognizerOutput
from annotate.transcribe.preprocessing import Prepared, Source, preprocess
from annotate.transcribe.transcribe_shard import words_of


def prepare(
    audio: bytes, language: str | None, bounds: AudioBounds, activity: ActivityOptions
) -> Prepared:
    """Prepare a recording for the recognizer, under the id that it has in a lake.

    Raises:
        RejectedError: If it can't be decoded, or costs more than the bounds allow.
    """
    source = Source(
        recording_id=recording_id(sha256_hex(audio)), language=language, read=lambda: audio
    )
    (ready,) = preprocess([source], bounds, activity)
    if isinstance(ready, Rejection):
        raise RejectedError(ready.reason, ready.detail)
    return ready


def timed(output: RecognizerOutput, prepared: Prepared) -> list[Word]:
    """The words as a transcript has them: in order, within the speech and the recording."""
    return list(words_of(output, prepared))
