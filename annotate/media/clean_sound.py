"""Clean copies of recordings: the sound in a container without metadata, for publication.

A phone writes the place, time, device and often the owner into a file, and there may be covers and
chapters. The sound's packets are copied unchanged into a container without these. If that isn't
possible, or the copy decodes to other samples, the sound is encoded as FLAC.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from annotate.media.audio import RATE, AudioBounds, Pcm, Samples, decode, limits, opened
from annotate.media.clean_image import Blobs
from annotate.media.frames import is_adts_frame, is_mp3_frame
from annotate.media.isolation import Limits, run_isolated
from annotate.model.errors import RejectedError
from annotate.model.ids import sha256_hex

_PLAIN_PCM = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")

_INTO: Mapping[tuple[str, str], tuple[str, str]] = {
    ("webm", "opus"): ("webm", "webm"),
    ("ogg", "opus"): ("ogg", "ogg"),
    ("ogg", "vorbis"): ("ogg", "ogg"),
    # WebM stores Vorbis's comments with the codec's setup; the Ogg muxer rewrites them.
    ("webm", "vorbis"): ("ogg", "ogg"),
    ("mp4", "aac"): ("ipod", "m4a"),
    ("aac", "aac"): ("ipod", "m4a"),
    ("mp4", "opus"): ("mp4", "mp4"),
    ("mp3", "mp3"): ("mp3", "mp3"),
    **{("wav", codec): ("wav", "wav") for codec in _PLAIN_PCM},
    **{("w64", codec): ("wav", "wav") for codec in _PLAIN_PCM},
}
"""The target by container and codec, if packets are copied: FFmpeg's container name and suffix.

FLAC is not copied: a tag after its last frame can't be separated from the frame without decoding.
"""

_WHOLE: Mapping[str, Callable[[bytes], bool]] = {"mp3": is_mp3_frame, "aac": is_adts_frame}
"""Containers whose packets may contain more than a frame, with the check for one frame."""

_BIT_EXACT = {"fflags": "+bitexact"}
"""Output without the muxer's name and version, the time of day, and random numbers."""

_LAST_BIT = 1.5 / 32768
"""Largest difference between samples that were rounded to 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanSound:
    """A recording's clean copy; `suffix` is its file name extension."""

    data: bytes
    suffix: str


def clean_sound(data: bytes, pcm: Pcm, bounds: AudioBounds) -> CleanSound:
    """The clean copy of a recording, created in this process; deterministic for equal recordings.

    It decodes to the same samples as the recording: exactly, if its packets could be copied, or
    else rounded to 16 bits. So times are the same in both.

    Args:
        pcm: The recording, decoded.
        bounds: The bounds under which it was decoded.
    """
    for make, slack in ((_copied, 0.0), (_as_flac, _LAST_BIT)):
        try:
            made = make(data, pcm)
            if made is not None and _same_samples(decode(made.data, bounds), pcm, slack):
                return made
        except RejectedError:
            continue
    return CleanSound(data=_flac_of(pcm.samples), suffix="flac")


def open_and_clean(data: bytes, bounds: AudioBounds) -> CleanSound:
    """Decode a recording and return its `clean_sound`, in this process."""
    return clean_sound(data, decode(data, bounds), bounds)


def cleaning_limits(bounds: AudioBounds) -> Limits:
    """Limits for decoding a recording and creating its clean copy."""
    once = limits(bounds)
    return Limits(
        cpu_seconds=3 * once.cpu_seconds,  # the recording, and each of two copies at most
        wall_seconds=3 * once.wall_seconds,
        memory_bytes=once.memory_bytes,
    )


def put_clean_sound(blobs: Blobs, copy: CleanSound) -> dict[str, Any]:
    """Store a clean copy; returns the columns of `recordings` that refer to it."""
    return {
        "clean_sha256": sha256_hex(copy.data),
        "clean_blob": blobs.put("audio", copy.data, copy.suffix),
        "clean_bytes": len(copy.data),
    }


def make_clean_sound(
    blobs: Blobs, recording: Mapping[str, Any], bounds: AudioBounds | None = None
) -> dict[str, Any]:
    """Create and store the clean copy of a recording whose row has none; as `put_clean_sound`.

    Raises:
        RejectedError: The recording can't be decoded any more.
        AnnotateError: It is missing from the lake.
    """
    bounds = bounds or AudioBounds()
    data = blobs.get(recording["blob"])
    copy = run_isolated(open_and_clean, data, bounds, limits=cleaning_limits(bounds))
    return put_clean_sound(blobs, copy)


def _same_samples(one: Pcm, other: Pcm, slack: float) -> bool:
    """Whether two recordings are equal within `slack`, apart from clipping at full scale."""
    if len(one.samples) != len(other.samples):
        return False
    if not slack:
        return np.array_equal(one.samples, other.samples)
    return bool(np.all(np.abs(one.samples - np.clip(other.samples, -1.0, 1.0)) <= slack))


def _copied(data: bytes, pcm: Pcm) -> CleanSound | None:
    """The track's packets in another container; None if they can't be copied.

    Raises:
        RejectedError: FFmpeg can't read or write them.
    """
    target = io.BytesIO()
    with opened(data) as source:
        stream = source.streams.audio[pcm.track - 1]
        codec = stream.codec_context.codec.canonical_name
        if (into := _INTO.get((pcm.container, codec))) is None:
            return None
        whole = _WHOLE.get(pcm.container)
        with av.open(target, "w", format=into[0], options=_BIT_EXACT) as copy:
            out = copy.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is None:
                    continue  # the end marker
                if whole is not None and not whole(bytes(packet)):
                    return None
                packet.stream = out
                copy.mux(packet)
    return CleanSound(data=target.getvalue(), suffix=into[1])


def _as_flac(data: bytes, pcm: Pcm) -> CleanSound:
    """The track decoded and encoded again, with its own channels and rate.

    Raises:
        RejectedError: FFmpeg can't decode or encode it.
    """
    target = io.BytesIO()
    with opened(data) as source:
        stream = source.streams.audio[pcm.track - 1]
        deep = stream.codec_context.format.name in ("s32", "s32p")
        with av.open(target, "w", format="flac", options=_BIT_EXACT) as copy:
            out = _flac_stream(copy, stream.rate, stream.layout.name, "s32" if deep else "s16")
            resampler = av.AudioResampler(out.format, out.layout, out.rate)
            for frame in source.decode(stream):
                frame.pts = None
                for part in resampler.resample(frame):
                    copy.mux(out.encode(part))
            for part in resampler.resample(None):
                copy.mux(out.encode(part))
            copy.mux(out.encode(None))
    return CleanSound(data=target.getvalue(), suffix="flac")


def _flac_of(samples: Samples) -> bytes:
    """Mono samples at `RATE` as FLAC, rounded to 16 bits."""
    target = io.BytesIO()
    pcm16 = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    with av.open(target, "w", format="flac", options=_BIT_EXACT) as copy:
        out = _flac_stream(copy, RATE, "mono", "s16")
        for start in range(0, len(pcm16), RATE):
            block = np.ascontiguousarray(pcm16[None, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            copy.mux(out.encode(frame))
        copy.mux(out.encode(None))
    return target.getvalue()


def _flac_stream(copy: Any, rate: int, layout: str, samples: str) -> Any:
    stream = copy.add_stream("flac", rate=rate, layout=layout, format=samples)
    stream.codec_context.flags |= av.codec.context.Flags.bitexact
    return stream
