"""Decoding of untrusted audio to samples, in full and within bounds.

PyAV decodes (FFmpeg inside the wheel). The duration in a header is ignored: a browser's WebM has
none, and that of a truncated upload is wrong. Timestamps are used: missing sound becomes silence.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import av
import numpy as np
from pydantic import BaseModel, Field

from annotate.media.channels import RATE, Samples, best_track, speech_energy
from annotate.media.isolation import Limits, run_isolated
from annotate.media.joined import opus_end_s, parts
from annotate.media.riff import reject_impossible
from annotate.media.streams import Track, decode_track
from annotate.media.timeline import SMALLEST_HOLE_S
from annotate.model.errors import RejectedError

__all__ = ["CONTAINERS", "RATE", "AudioBounds", "Pcm", "Samples", "decode", "decode_safely"]

CONTAINERS = "matroska,webm,ogg,mov,mp4,m4a,wav,mp3,flac,aac,caf,w64"
"""Demuxers that may be tried. Playlists are not among them: they make FFmpeg open other files."""

LONGEST_PAGE_S = 2.0
"""Longest sound on one Ogg page: encoders write one page per second."""

MOST_TRACKS = 8
"""Sound tracks of one file that are decoded, at most."""

WALL_FACTOR = 10
"""Limit of wall-clock time as a multiple of the processor time; beyond it decoding is stuck."""


class AudioBounds(BaseModel, frozen=True, extra="forbid"):
    """Limits beyond which a recording is rejected."""

    max_bytes: int = Field(64 * 2**20, gt=0, description="Size as received, in bytes.")
    max_seconds: float = Field(900.0, gt=0, description="Length, claimed or decoded.")
    max_decode_seconds: float = Field(60.0, gt=0, description="Processor time for decoding.")
    max_decode_bytes: int = Field(2**30, gt=0, description="Memory for decoding, in bytes.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pcm:
    """One decoded recording.

    Attributes:
        samples: Mono, float32, nominally in [-1, 1], at `RATE` Hz; shape (samples,).
        container: The demuxer's short name (`webm`, `ogg`, `mp4`, `wav`).
        codec: The decoder's name (`opus`, `aac`).
        sample_rate: As received, in hertz; if it changes, that at the start.
        channels: As received; if the number changes, that at the start.
        track: Which of the file's sound tracks this is, counted from 1.
        used_channels: The channels that are mixed into the samples, counted from 1.
        filled_ms: Length of the silence inserted where sound was missing.
        plain: Whether these are exactly the samples of the file's only track, so that a copy of
            the track has the same clock.
    """

    samples: Samples
    container: str
    codec: str
    sample_rate: int
    channels: int
    track: int = 1
    used_channels: tuple[int, ...] = (1,)
    filled_ms: int = 0
    plain: bool = True

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds, rounded down so that no time is past the end."""
        return len(self.samples) * 1000 // RATE


def decode(data: bytes, bounds: AudioBounds | None = None) -> Pcm:
    """Decode a recording in full, in this process.

    Raises:
        RejectedError: `empty_file`, `too_large`, `not_audio`, `bad_header`, `bad_samples`,
            `too_long`, `too_slow`, `too_much_memory` or, when the container is valid but nothing
            in it can be decoded, `no_audio`.
    """
    bounds = bounds or AudioBounds()
    if not data:
        raise RejectedError("empty_file", "the file has no bytes: the upload never arrived")
    if len(data) > bounds.max_bytes:
        raise RejectedError("too_large", f"{len(data)} bytes, {bounds.max_bytes} are allowed")
    deadline = time.thread_time() + bounds.max_decode_seconds
    first, *others = parts(data)
    pcm = _decode_file(first, bounds, deadline)
    for part in others:
        try:
            pcm = _join(pcm, _decode_file(part, bounds, deadline))
        except RejectedError as error:
            if error.reason not in ("not_audio", "no_audio"):
                raise
        _reject_length(len(pcm.samples), bounds)
    if not pcm.duration_ms:
        raise RejectedError("no_audio", "there is less than a millisecond of sound in the file")
    return pcm


def decode_safely(data: bytes, bounds: AudioBounds | None = None) -> Pcm:
    """`decode`, in another process: a crash of the decoder rejects only this recording.

    Raises:
        RejectedError: As `decode` does, or `decoder_crashed`.
    """
    bounds = bounds or AudioBounds()
    return run_isolated(decode, data, bounds, limits=limits(bounds))


def limits(bounds: AudioBounds) -> Limits:
    """The bounds as limits of a process."""
    return Limits(
        cpu_seconds=2 * bounds.max_decode_seconds,  # decoding stops by itself before
        wall_seconds=2 * WALL_FACTOR * max(1.0, bounds.max_decode_seconds),
        memory_bytes=bounds.max_decode_bytes,
    )


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """The container, with a demuxer in `CONTAINERS`, which opens no other file.

    Raises:
        RejectedError: `not_audio`, for an error of FFmpeg, here or in the block;
            `too_much_memory`.
    """
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    try:
        with av.open(
            io.BytesIO(data), container_options=options, metadata_errors="ignore"
        ) as container:
            yield container
    except MemoryError as error:
        raise RejectedError("too_much_memory", "decoding it takes too much memory") from error
    except (av.FFmpegError, ValueError, OverflowError) as error:
        detail = f"not a recording that can be opened: {error_text(error)}"
        raise RejectedError("not_audio", detail) from error


def error_text(error: Exception) -> str:
    """FFmpeg's error message, without its number and its placeholder for a file name."""
    message = error.strerror if isinstance(error, av.FFmpegError) else str(error)
    return (message or type(error).__name__).removesuffix(" when processing input")


def _decode_file(data: bytes, bounds: AudioBounds, deadline: float) -> Pcm:
    """Decode one file: all its tracks, of which the one with the voice is returned."""
    reject_impossible(data, bounds.max_seconds)
    with opened(data) as container:
        count = min(len(container.streams.audio), MOST_TRACKS)
        if not count:
            raise RejectedError("not_audio", "there is no sound in the file")
        name = _short_name(container.format.name)
        if count == 1:
            track = decode_track(container, 0, bounds.max_seconds, deadline)
            return _to_end(_as_pcm(track, name, 1, count), data)
    found: list[tuple[int, Track]] = []
    errors: list[RejectedError] = []
    for index in range(count):
        try:
            with opened(data) as container:
                track = decode_track(container, index, bounds.max_seconds, deadline)
                found.append((index + 1, track))
        except RejectedError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    number, track = found[best_track([speech_energy(track.samples) for _, track in found])]
    return _as_pcm(track, name, number, count)


def _as_pcm(track: Track, container: str, number: int, count: int) -> Pcm:
    return Pcm(
        samples=track.samples,
        container=container,
        codec=track.codec,
        sample_rate=track.sample_rate,
        channels=track.channels,
        track=number,
        used_channels=track.used_channels,
        filled_ms=round(track.filled_s * 1000),
        plain=track.plain and count == 1,
    )


def _to_end(pcm: Pcm, data: bytes) -> Pcm:
    """Append the silence that is missing from an Ogg file's last page."""
    end_s = opus_end_s(data) if pcm.container == "ogg" else None
    missing_s = 0.0 if end_s is None else end_s - len(pcm.samples) / RATE
    if not SMALLEST_HOLE_S < missing_s < LONGEST_PAGE_S:
        return pcm
    silence = np.zeros(round(missing_s * RATE), np.float32)
    return replace(
        pcm,
        samples=np.concatenate([pcm.samples, silence]),
        filled_ms=pcm.filled_ms + round(missing_s * 1000),
        plain=False,
    )


def _join(one: Pcm, other: Pcm) -> Pcm:
    return replace(
        one,
        samples=np.concatenate([one.samples, other.samples]),
        used_channels=tuple(sorted({*one.used_channels, *other.used_channels})),
        filled_ms=one.filled_ms + other.filled_ms,
        plain=False,
    )


def _reject_length(samples: int, bounds: AudioBounds) -> None:
    if samples > math.floor(bounds.max_seconds * RATE):
        raise RejectedError("too_long", f"longer than {bounds.max_seconds:.0f} s")


def _short_name(format_name: str) -> str:
    """One name for FFmpeg's lists of synonyms: `matroska,webm` is `webm`."""
    names = {"matroska,webm": "webm", "mov,mp4,m4a,3gp,3g2,mj2": "mp4"}
    return names.get(format_name, format_name.partition(",")[0])
