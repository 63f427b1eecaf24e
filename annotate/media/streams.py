"""Decoding of one sound track to samples at one rate, across changes of rate and channels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np

from annotate.media.channels import FASTEST_RATE, RATE, SLOWEST_RATE, Samples, mix
from annotate.media.timeline import TIMED, Decoded, with_holes
from annotate.model.errors import RejectedError

LARGEST_SAMPLE = 100.0
"""Multiple of full scale, 40 dB. Lossy codecs overshoot a little; beyond it the scale is wrong."""

_LONGEST_LOSS_S = 1.0
"""Longest length that is assumed for a packet that can't be decoded."""


_PACKETS_PER_CHECK = 64
"""Packets per check of the deadline: a check for each would add a tenth to the decoding time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """One decoded track; see `annotate.media.audio.Pcm`."""

    samples: Samples
    codec: str
    sample_rate: int
    channels: int
    used_channels: tuple[int, ...]
    filled_s: float
    plain: bool


def decode_track(container: Any, index: int, max_seconds: float, deadline: float) -> Track:
    """Decode the file's sound track of that index.

    Args:
        max_seconds: Length beyond which it is rejected, inserted silence included.
        deadline: Processor time of this thread at which decoding is aborted.

    Raises:
        RejectedError: `no_audio`, `bad_header`, `bad_samples`, `too_long` or `too_slow`.
        av.FFmpegError: Nothing could be decoded.
    """
    stream = container.streams.audio[index]
    frames = with_holes(_decoded(container, stream, deadline), timed=container.format.name in TIMED)
    runs: list[_Run] = []
    mixed: list[Samples] = []
    used: set[int] = set()
    decoded_s = filled_s = 0.0
    for hole_s, frame in frames:
        decoded_s += hole_s + frame.samples / max(1, frame.sample_rate)
        if decoded_s > max_seconds:
            raise _too_long(hole_s, max_seconds)
        if not runs or not runs[-1].accepts(frame):
            _finish(runs, mixed, used)
            runs.append(_Run.of(frame))
        runs[-1].silence(hole_s)
        runs[-1].write(frame)
        filled_s += hole_s
    _finish(runs, mixed, used)
    samples = np.concatenate(mixed) if mixed else np.zeros(0, np.float32)
    if not len(samples):
        raise RejectedError("no_audio", "the file has a sound track with nothing in it")
    return Track(
        samples=samples,
        codec=stream.codec_context.name,
        sample_rate=runs[0].rate,
        channels=runs[0].channels,
        used_channels=tuple(sorted(used)),
        filled_s=filled_s,
        plain=not filled_s and len(runs) == 1 and len(used) == runs[0].channels,
    )


def _finish(runs: list[_Run], mixed: list[Samples], used: set[int]) -> None:
    """Close the last run and mix its channels down."""
    if runs:
        samples, channels = mix(list(runs[-1].finish()))
        mixed.append(samples)
        used.update(channels)


def _too_long(hole_s: float, max_seconds: float) -> RejectedError:
    if hole_s > max_seconds:
        return RejectedError("too_long", f"by its timestamps nothing is there for {hole_s:.0f} s")
    return RejectedError("too_long", f"longer than {max_seconds:.0f} s")


def _decoded(container: Any, stream: Any, deadline: float) -> Iterator[Decoded]:
    """The stream's frames. Packets that can't be decoded are skipped.

    Raises:
        av.FFmpegError: Nothing could be decoded.
    """
    any_decoded, lost_s = False, 0.0
    last_error: av.FFmpegError | None = None
    try:
        for number, packet in enumerate(container.demux(stream)):
            if number % _PACKETS_PER_CHECK == 0 and time.thread_time() > deadline:
                raise RejectedError("too_slow", "not decoded in the time allowed")
            try:
                frames = packet.decode()
            except av.error.MemoryError:
                raise
            except av.FFmpegError as error:
                last_error = error
                lost_s += _length_s(packet)
                continue
            for frame in frames:
                if frame.samples:
                    yield Decoded(frame, lost_s)
                    any_decoded, lost_s = True, 0.0
    except av.error.MemoryError:
        raise
    except av.FFmpegError as error:  # of the demuxer: the rest can't be read
        last_error = error
    if last_error is not None and not any_decoded:
        raise last_error


def _length_s(packet: Any) -> float:
    length_s = float((packet.duration or 0) * (packet.time_base or 0))
    return min(max(length_s, 0.0), _LONGEST_LOSS_S)


@dataclass(slots=True, eq=False)
class _Run:
    """Consecutive frames of one format, which are resampled to `RATE`.

    A codec's frames are a fiftieth of a second. Resampling them one by one takes longer than
    decoding them, so they are collected into blocks of about a second.
    """

    format: str
    layout: Any
    channels: int
    rate: int
    fifo: Any = field(default_factory=av.AudioFifo)
    resampler: Any = None
    chunks: list[Samples] = field(default_factory=list)

    @classmethod
    def of(cls, frame: Any) -> _Run:
        """A run that begins with a frame's format.

        Raises:
            RejectedError: `bad_header`, if sound of that rate can't be used.
        """
        rate, layout = frame.sample_rate, frame.layout
        if not SLOWEST_RATE <= rate <= FASTEST_RATE:
            raise RejectedError("bad_header", f"its header has a rate of {rate} Hz")
        # Packed, since PyAV's planar frames have at most seven channels; and with the original
        # layout, since FFmpeg's mix of two channels of opposite polarity is silent.
        resampler = av.AudioResampler(format="flt", layout=layout, rate=RATE)
        return cls(frame.format.name, layout, layout.nb_channels, rate, resampler=resampler)

    def accepts(self, frame: Any) -> bool:
        """Whether a frame has this run's format."""
        own = (self.format, self.layout.name, self.channels, self.rate)
        other = (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
        return own == other

    def silence(self, seconds: float) -> None:
        """Append silence."""
        left = round(seconds * self.rate)
        while left > 0:
            frame = av.AudioFrame(self.format, self.layout, min(left, self.rate))
            frame.sample_rate = self.rate
            zero = b"\x80" if self.format.startswith("u8") else b"\0"
            for plane in frame.planes:
                plane.update(zero * plane.buffer_size)
            left -= frame.samples
            self.write(frame)

    def write(self, frame: Any) -> None:
        """Append a frame; its timestamp has been used already."""
        frame.pts = None
        self.fifo.write(frame)
        if self.fifo.samples >= self.rate:
            self._resample(self.fifo.read())

    def finish(self) -> Iterator[Samples]:
        """Each channel, mono float32 at `RATE`.

        Raises:
            RejectedError: `bad_samples`.
        """
        if self.fifo.samples:
            self._resample(self.fifo.read())
        self._resample(None)
        packed = np.concatenate([np.zeros(0, np.float32), *self.chunks])
        self.chunks.clear()
        _reject_bad(packed)
        for index in range(self.channels):
            yield np.ascontiguousarray(packed[index :: self.channels])

    def _resample(self, frame: Any) -> None:
        for chunk in self.resampler.resample(frame):
            self.chunks.append(chunk.to_ndarray().reshape(-1).astype(np.float32, copy=False))


def _reject_bad(samples: Samples) -> None:
    """Reject samples that aren't numbers, or whose scale isn't from -1 to 1."""
    top = float(np.max(np.abs(samples), initial=0.0))
    if not np.isfinite(top):
        raise RejectedError("bad_samples", "some of its samples are infinite or not a number")
    if top > LARGEST_SAMPLE:
        detail = f"its samples reach {top:.3g}, where 1 is full scale: divide them by their scale"
        raise RejectedError("bad_samples", detail)
