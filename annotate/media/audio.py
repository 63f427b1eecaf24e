"""Audio as samples: decoded in full, under bounds, from bytes that nobody vouches for.

Decoding is PyAV's (FFmpeg inside the wheel). A header's word on duration isn't taken: a browser's
WebM has none, and a truncated upload lies.
"""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from annotate.model.errors import RejectedError

RATE = 16_000
"""Samples a second after decoding: what Whisper and the speech-activity detector expect."""

GAP_MS = 50
"""A hole in the timestamps longer than this is filled with silence, to keep the clock true."""

CONTAINERS = "matroska,webm,ogg,mov,mp4,m4a,wav,mp3,flac,aac,caf,w64"
"""Demuxers that may be tried. Playlists are not among them: they make FFmpeg open other files."""

UNKNOWN_SIZE = 0xFFFF_0000
"""A WAV written to a pipe claims about 2^32 bytes: that means "unknown", not "huge"."""

Samples = npt.NDArray[np.float32]


class AudioBounds(BaseModel, frozen=True, extra="forbid"):
    """What one recording may cost before it is refused."""

    max_bytes: int = Field(64 * 2**20, gt=0, description="Size as received, in bytes.")
    max_seconds: float = Field(900.0, gt=0, description="Length, claimed or decoded.")
    max_decode_seconds: float = Field(60.0, gt=0, description="Wall-clock time for decoding.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pcm:
    """One decoded recording.

    Attributes:
        samples: Mono, float32, nominally in [-1, 1], `RATE` a second; shape (samples,).
        container: The demuxer's short name (`webm`, `ogg`, `mp4`, `wav`).
        codec: The decoder's name (`opus`, `aac`).
        sample_rate: As received, in hertz.
        channels: As received.
    """

    samples: Samples
    container: str
    codec: str
    sample_rate: int
    channels: int

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds, rounded down so that no time lies past the end."""
        return len(self.samples) * 1000 // RATE


def decode(data: bytes, bounds: AudioBounds | None = None) -> Pcm:
    """Decode a recording in full.

    Raises:
        RejectedError: `empty_file`, `too_large`, `not_audio`, `too_long`, `too_slow` or, when the
            container is sound but nothing in it can be decoded, `no_audio`.
    """
    bounds = bounds or AudioBounds()
    if not data:
        raise RejectedError("empty_file", "the file has no bytes: the upload never arrived")
    if len(data) > bounds.max_bytes:
        raise RejectedError("too_large", f"{len(data)} bytes, {bounds.max_bytes} are allowed")
    _refuse_long_claim(data, bounds)
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    try:
        with av.open(io.BytesIO(data), container_options=options) as container:
            if not container.streams.audio:
                raise RejectedError("not_audio", "there is no sound in the file")
            return _decode_stream(container, bounds)
    except (av.FFmpegError, ValueError, OverflowError, UnicodeDecodeError) as error:
        raise RejectedError("not_audio", f"not a recording that can be opened: {error}") from error


def _refuse_long_claim(data: bytes, bounds: AudioBounds) -> None:
    """Refuse a WAV whose header claims more than is allowed; FFmpeg would quietly ignore it."""
    if data[:4] != b"RIFF":
        return
    try:
        with wave.open(io.BytesIO(data)) as header:
            frames, rate, width = header.getnframes(), header.getframerate(), header.getsampwidth()
            if frames * width * header.getnchannels() >= UNKNOWN_SIZE:
                return
    except (wave.Error, EOFError):
        return  # not PCM, or broken: FFmpeg is the judge of that
    if frames / rate > bounds.max_seconds:
        raise RejectedError("too_long", f"the header claims {frames / rate:.0f} s of sound")


def _decode_stream(container: Any, bounds: AudioBounds) -> Pcm:
    stream = container.streams.audio[0]
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    deadline = time.monotonic() + bounds.max_decode_seconds
    pieces: list[Samples] = []
    kept = 0
    for gap_s, frame in _seconds(container, stream):
        gap = round(min(gap_s, bounds.max_seconds + 1) * RATE)
        heard = _samples(resampler.resample(frame))
        pieces += [np.zeros(gap, np.float32), *heard]
        kept += gap + sum(map(len, heard))
        if kept > bounds.max_seconds * RATE:
            raise RejectedError("too_long", f"longer than {bounds.max_seconds:.0f} s")
        if time.monotonic() > deadline:
            raise RejectedError("too_slow", f"not decoded in {bounds.max_decode_seconds:.0f} s")
    if not kept:
        raise RejectedError("no_audio", "the file has a sound track with nothing in it")
    pieces += _samples(resampler.resample(None))
    return Pcm(
        samples=np.concatenate(pieces),
        container=_short_name(container.format.name),
        codec=stream.codec_context.name,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
    )


def _samples(frames: list[av.AudioFrame]) -> list[Samples]:
    return [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]


def _seconds(container: Any, stream: Any) -> Iterator[tuple[float, av.AudioFrame]]:
    """The stream in frames of a second or so, each with the length of the hole before it.

    A codec's own frames are a fiftieth of that: to resample them one by one takes longer than to
    decode them.
    """
    fifo = av.AudioFifo()
    ends_at: float | None = None
    hole_s = 0.0
    for frame in _frames(container, stream):
        if frame.time is not None:
            gap_s = frame.time - ends_at if ends_at is not None else 0.0
            ends_at = frame.time + frame.samples / frame.sample_rate
            if gap_s * 1000 > GAP_MS:
                if (piece := fifo.read()) is not None:
                    yield hole_s, piece
                    hole_s = 0.0
                hole_s += gap_s
        frame.pts = None  # the holes are accounted for
        fifo.write(frame)
        if fifo.samples >= frame.sample_rate and (piece := fifo.read()) is not None:
            yield hole_s, piece
            hole_s = 0.0
    if (piece := fifo.read()) is not None:
        yield hole_s, piece


def _frames(container: Any, stream: Any) -> Any:
    """The stream's frames up to its end or to the first damage after something was decoded."""
    decoded = False
    try:
        for frame in container.decode(stream):
            decoded = True
            yield frame
    except av.FFmpegError:
        if not decoded:
            raise


def _short_name(format_name: str) -> str:
    """One name for FFmpeg's lists of synonyms: `matroska,webm` is `webm`."""
    names = {"matroska,webm": "webm", "mov,mp4,m4a,3gp,3g2,mj2": "mp4"}
    return names.get(format_name, format_name.partition(",")[0])
