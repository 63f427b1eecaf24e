"""One sound track, from packets to samples at one rate, through changes of rate and channels."""

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
"""Times full scale, 40 dB above it. A lossy codec overshoots a little; this is another scale."""

_LONGEST_LOSS_S = 1.0
"""A packet that can't be decoded stands for its own length, but for no more than this."""


_PACKETS_A_LOOK = 64
"""Looking at the clock for each packet would take a tenth of the time for decoding it."""


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
        max_seconds: Length at which it is refused, silence in holes included.
        deadline: Processor time of this thread at which it is given up.

    Raises:
        RejectedError: `no_audio`, `bad_header`, `bad_samples`, `too_long` or `too_slow`.
        av.FFmpegError: Nothing of it could be decoded.
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
        if not runs or not runs[-1].takes(frame):
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
    """The stream's frames. Packets that can't be decoded are passed over.

    Raises:
        av.FFmpegError: Nothing could be decoded.
    """
    any_decoded, lost_s = False, 0.0
    fault: av.FFmpegError | None = None
    try:
        for number, packet in enumerate(container.demux(stream)):
            if number % _PACKETS_A_LOOK == 0 and time.thread_time() > deadline:
                raise RejectedError("too_slow", "not decoded in the time allowed")
            try:
                frames = packet.decode()
            except av.error.MemoryError:
                raise
            except av.FFmpegError as error:
                fault = error
                lost_s += _length_s(packet)
                continue
            for frame in frames:
                if frame.samples:
                    yield Decoded(frame, lost_s)
                    any_decoded, lost_s = True, 0.0
    except av.error.MemoryError:
        raise
    except av.FFmpegError as error:  # the demuxer's: what follows can't be found
        fault = error
    if fault is not None and not any_decoded:
        raise fault


def _length_s(packet: Any) -> float:
    length_s = float((packet.duration or 0) * (packet.time_base or 0))
    return min(max(length_s, 0.0), _LONGEST_LOSS_S)


@dataclass(slots=True, eq=False)
class _Run:
    """A stretch of frames of one format, on their way to `RATE`.

    A codec's frames are a fiftieth of a second: to resample them one by one takes longer than to
    decode them, so they are gathered to a second or so.
    """

    format: str
    layout: Any
    channels: int
    rate: int
    fifo: Any = field(default_factory=av.AudioFifo)
    resampler: Any = None
    pieces: list[Samples] = field(default_factory=list)

    @classmethod
    def of(cls, frame: Any) -> _Run:
        """A run that begins with a frame's format.

        Raises:
            RejectedError: `bad_header`, if sound of that rate can't be used.
        """
        rate, layout = frame.sample_rate, frame.layout
        if not SLOWEST_RATE <= rate <= FASTEST_RATE:
            raise RejectedError("bad_header", f"it is said to have {rate} samples a second")
        # Packed, since PyAV's planar frames end at seven channels; and with the layout that there
        # is, since FFmpeg's own way to mix two channels lets opposed ones cancel each other.
        resampler = av.AudioResampler(format="flt", layout=layout, rate=RATE)
        return cls(frame.format.name, layout, layout.nb_channels, rate, resampler=resampler)

    def takes(self, frame: Any) -> bool:
        """Whether a frame is of this run's format."""
        ours = (self.format, self.layout.name, self.channels, self.rate)
        theirs = (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
        return ours == theirs

    def silence(self, seconds: float) -> None:
        """Go on with silence."""
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
        """Go on with a frame, whose timestamp has been accounted for."""
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
        packed = np.concatenate([np.zeros(0, np.float32), *self.pieces])
        self.pieces.clear()
        _reject_bad(packed)
        for index in range(self.channels):
            yield np.ascontiguousarray(packed[index :: self.channels])

    def _resample(self, frame: Any) -> None:
        for piece in self.resampler.resample(frame):
            self.pieces.append(piece.to_ndarray().reshape(-1).astype(np.float32, copy=False))


def _reject_bad(samples: Samples) -> None:
    """Refuse samples that aren't numbers, or are on another scale than from -1 to 1."""
    top = float(np.max(np.abs(samples), initial=0.0))
    if not np.isfinite(top):
        raise RejectedError("bad_samples", "some of its samples are infinite or not a number")
    if top > LARGEST_SAMPLE:
        detail = f"its samples reach {top:.3g}, where 1 is full scale: divide them by their scale"
        raise RejectedError("bad_samples", detail)
