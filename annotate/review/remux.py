"""Sound that a reviewer's browser can play and seek in.

A browser's recorder writes WebM without a length or an index, and Label Studio's player crashes
on that. The streams are copied into a file that has both; nothing is encoded anew.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from annotate.media.audio import CONTAINERS, RATE, AudioBounds, Samples, decode_safely
from annotate.media.isolation import run_isolated
from annotate.model.errors import RejectedError

COPIED = frozenset({"opus", "vorbis"})
"""What WebM holds; anything else is encoded anew."""

GAP_MS = 700
"""Silence between two recordings, so that one hears where the next annotator begins."""

BIT_RATE = 32_000
"""Opus at 32 kbit/s is clear for one voice."""


INDEX_IN_FRONT = {"reserve_index_space": "8192"}
"""Room ahead of the sound for its index: some 25 minutes. With more, the index comes at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One WebM file, and where in it each recording begins, in milliseconds."""

    data: bytes
    starts_ms: tuple[int, ...]


def playable(recordings: Sequence[bytes], bounds: AudioBounds | None = None) -> Sound:
    """The recordings as one file.

    A single one is copied as it is, unless what was decoded, and is timed by its words, has another
    clock: where sound is missing players go on without a pause. Several are strung together, since
    a caption made of all of them can't be judged by hearing one.

    Raises:
        RejectedError: As `annotate.media.audio.decode_safely` does.
    """
    decoded = [decode_safely(data, bounds) for data in recordings]
    if len(decoded) == 1 and decoded[0].plain:
        copied = run_isolated(remux, recordings[0])
        if copied is not None:
            return Sound(data=copied, starts_ms=(0,))
    gap = np.zeros(GAP_MS * RATE // 1000, np.float32)
    pieces: list[Samples] = []
    starts_ms: list[int] = []
    for pcm in decoded:
        pieces += [gap] if pieces else []
        starts_ms.append(sum(map(len, pieces)) * 1000 // RATE)
        pieces.append(pcm.samples)
    return Sound(data=encode(np.concatenate(pieces)), starts_ms=tuple(starts_ms))


def remux(data: bytes) -> bytes | None:
    """The file's sound copied into a WebM with a length and an index in front.

    A stream that breaks off is copied up to there.

    Returns:
        None when the sound is of a kind that WebM can't hold.

    Raises:
        RejectedError: `not_audio`, if there is no sound to be found.
    """
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    target = io.BytesIO()
    try:
        with av.open(io.BytesIO(data), container_options=options) as source:
            if not source.streams.audio:
                raise RejectedError("not_audio", "there is no sound in the file")
            stream = source.streams.audio[0]
            if stream.codec_context.name not in COPIED:
                return None
            with av.open(target, "w", format="webm", options=INDEX_IN_FRONT) as copy:
                _copy(source, stream, copy)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise RejectedError("not_audio", f"not a recording that can be copied: {error}") from error
    return target.getvalue()


def _copy(source: Any, stream: Any, copy: Any) -> None:
    out = copy.add_stream_from_template(stream)
    copied = 0
    try:
        for packet in source.demux(stream):
            if packet.dts is None:
                continue  # the one that marks the end
            packet.stream = out
            copy.mux(packet)
            copied += 1
    except av.FFmpegError:
        if not copied:
            raise
    if not copied:
        raise RejectedError("no_audio", "the file has a sound track with nothing in it")


def encode(samples: Samples) -> bytes:
    """Mono samples at `RATE` as Opus in WebM."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm", options=INDEX_IN_FRONT) as file:
        stream: Any = file.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = BIT_RATE
        pcm = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype(np.int16)
        for start in range(0, len(pcm), RATE):
            frame = av.AudioFrame.from_ndarray(
                pcm[None, start : start + RATE], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return target.getvalue()
