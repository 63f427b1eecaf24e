"""Playback audio for reviewers: WebM with a length and an index.

A browser's recorder writes WebM without either, and Label Studio's player crashes on that. The
packets are copied into a file that has both. Only sound that isn't Opus, or whose file has another
clock than its words, is encoded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotate.media.audio import AudioBounds, decode, limits
from annotate.media.isolation import run_isolated
from annotate.media.opus_splice import Sound, encode, splice
from annotate.model.errors import RejectedError

COPIED = ("opus", "libopus")


def playable(
    recordings: Sequence[bytes], bounds: AudioBounds | None = None, plain: Sequence[bool] = ()
) -> Sound:
    """The recordings concatenated in one file, so that reviewers can listen to all of them.

    Each is copied unchanged, unless the decoded samples, on whose clock the words are timed, have
    another clock: players skip missing sound without a pause.

    Args:
        plain: Whether each recording is known to have one clock: see `is_plain`. The others are
            decoded to find out.

    Raises:
        RejectedError: As `annotate.media.audio.decode_safely` does.
    """
    bounds = bounds or AudioBounds()
    known = plain or [False] * len(recordings)
    files = [
        data if is_playable else _as_opus(data, bounds, may_copy=True)
        for data, is_playable in zip(recordings, known, strict=True)
    ]
    for _ in recordings:
        found = run_isolated(splice, files)
        if isinstance(found, Sound):
            return found
        files[found] = _as_opus(recordings[found], bounds, may_copy=False)
    last = run_isolated(splice, files)
    if isinstance(last, Sound):
        return last
    raise RejectedError("not_audio", "what was encoded can't be copied")


def is_plain(recording: Mapping[str, Any]) -> bool:
    """Whether, by a row of `recordings`, the file is Opus with one clock and all channels."""
    used = recording["used_channels"]
    return (
        recording["codec"] in COPIED
        and recording["track"] == 1
        and recording["filled_ms"] == 0
        and used is not None
        and len(used) == recording["channels"]
    )


def _as_opus(data: bytes, bounds: AudioBounds, *, may_copy: bool) -> bytes:
    made = run_isolated(opus_of, data, bounds, may_copy, limits=limits(bounds))
    return data if made is None else made


def opus_of(data: bytes, bounds: AudioBounds, may_copy: bool) -> bytes | None:
    """The recording's samples as Opus; None if the file can be copied.

    Raises:
        RejectedError: As `annotate.media.audio.decode` does.
    """
    pcm = decode(data, bounds)
    if may_copy and pcm.plain and pcm.codec in COPIED:
        return None
    return encode(pcm.samples)
