"""One recording by itself, for somebody who waits: the words that the stage would write of it."""

from __future__ import annotations

from annotate.media.audio import AudioBounds
from annotate.model.errors import RejectedError, Rejection
from annotate.model.ids import recording_id, sha256_hex
from annotate.model.speech import Word
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import Heard
from annotate.transcribe.preprocessing import Prepared, Source, feed
from annotate.transcribe.transcribe_shard import words_of


def prepare(
    audio: bytes, language: str | None, bounds: AudioBounds, activity: ActivityOptions
) -> Prepared:
    """A recording's bytes, decoded and searched for speech, under the name that it has in a lake.

    Raises:
        RejectedError: If it can't be decoded, or costs more than the bounds allow.
    """
    source = Source(
        recording_id=recording_id(sha256_hex(audio)), language=language, read=lambda: audio
    )
    (ready,) = feed([source], bounds, activity)
    if isinstance(ready, Rejection):
        raise RejectedError(ready.reason, ready.detail)
    return ready


def timed(heard: Heard, prepared: Prepared) -> list[Word]:
    """The words as they stand in a transcript: in order, within the speech and the recording."""
    return list(words_of(heard, prepared))
