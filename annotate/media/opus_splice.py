"""Concatenation of Opus files into one WebM by copying packets, without decoding.

A packet contains its own length (RFC 6716, section 3.1), so the timestamps written are those of the
sound, whatever timestamps the files had. Run this only in the process for untrusted bytes.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np

from annotate.media.audio import RATE, Samples, opened
from annotate.media.joined import parts
from annotate.model.errors import RejectedError

GAP_MS = 700
"""Silence between two recordings, so that listeners notice the next annotator."""

BIT_RATE = 32_000
"""Opus at 32 kbit/s is clear for one voice."""

COMPLEXITY = "5"
"""Opus's complexity, from 0 to 10: takes a quarter of the time of 10, at the same bit rate."""

FORM = {"reserve_index_space": "8192", "fflags": "+bitexact"}
"""Space before the sound for its index, sufficient for about 25 minutes; beyond that the index is
at the end. Bit-exact, so that the same sound is the same file and is on the server once.
"""

CLOCK = 48_000
"""Opus's clock rate in Hz, whatever the rate of its input."""

TICK = Fraction(1, CLOCK)

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)
_FRAMES = (*_SILK * 3, *_HYBRID * 2, *_CELT * 4)
"""Samples at `CLOCK` in a frame, by the configuration in a packet's first byte."""

_COUNTS = (1, 2, 2, 0)
"""Frames in a packet, by the code in its first byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One WebM file, and the start of each recording in it in milliseconds."""

    data: bytes
    starts_ms: tuple[int, ...]


def splice(files: Sequence[bytes]) -> Sound | int:
    """Concatenate the files' sound, with `GAP_MS` of silence between them.

    A damaged file is copied up to the damage.

    Returns:
        The sound; or the index of the first file that isn't one track of Opus in one or two
        channels with an output gain of 0.

    Raises:
        RejectedError: `not_audio`, if a file can't be opened; `no_audio`, if one has
            no packets.
    """
    with ExitStack() as stack:
        sources = []
        for index, data in enumerate(files):
            source = stack.enter_context(opened(data))
            if not _fits(source, data):
                return index
            sources.append(source)
        target = io.BytesIO()
        with av.open(target, "w", format="webm", options=FORM) as out:
            widest = max(sources, key=lambda one: int(one.streams.audio[0].channels))
            stream = out.add_stream_from_template(widest.streams.audio[0])
            starts_ms = _write(sources, _Writer(out, stream, -_delay(widest)))
    return Sound(data=target.getvalue(), starts_ms=starts_ms)


def encode(samples: Samples) -> bytes:
    """Mono samples at `RATE` as Opus in WebM."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm", options=FORM) as file:
        options = {"compression_level": COMPLEXITY}
        stream: Any = file.add_stream("libopus", rate=RATE, layout="mono", options=options)
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


def samples_in(packet: bytes | memoryview[int]) -> int:
    """Length of an Opus packet in samples at `CLOCK`; 0 if it isn't one."""
    if not packet:
        return 0
    count = _COUNTS[packet[0] & 3]
    if count == 0:  # then the second byte has it
        count = packet[1] & 63 if len(packet) > 1 else 0
    return count * _FRAMES[packet[0] >> 3]


@dataclass(slots=True)
class _Writer:
    """Writes consecutive packets; `at` is the start of the next one, at `CLOCK`."""

    out: Any
    stream: Any
    at: int

    def write(self, packet: Any, samples: int) -> None:
        packet.stream = self.stream
        packet.time_base = TICK
        packet.pts = packet.dts = self.at
        packet.duration = samples
        self.at += samples
        self.out.mux_one(packet)


def _write(sources: Sequence[Any], writer: _Writer) -> tuple[int, ...]:
    starts_ms: list[int] = []
    for source in sources:
        for silent in _silence() if starts_ms else ():
            writer.write(_packet(silent), samples_in(silent))
        # A decoder would skip the start of this file, but it is played here.
        starts_ms.append((writer.at + _delay(source)) * 1000 // CLOCK)
        written = 0
        for packet, samples in _packets(source):
            writer.write(packet, samples)
            written += 1
        if not written:
            raise RejectedError("no_audio", "the file has a sound track with nothing in it")
    return tuple(starts_ms)


def _packets(source: Any) -> Iterator[tuple[Any, int]]:
    """The file's packets and the length of each in samples, up to the first error."""
    copied = False
    try:
        for packet in source.demux(source.streams.audio[0]):
            if packet.size and (samples := samples_in(memoryview(packet))):
                yield packet, samples
                copied = True
    except av.FFmpegError:
        if not copied:
            raise


def _packet(data: bytes) -> Any:
    packet = av.Packet(data)
    packet.is_keyframe = True
    return packet


def _fits(source: Any, data: bytes) -> bool:
    if not source.streams.audio:
        raise RejectedError("not_audio", "there is no sound in the file")
    if len(source.streams.audio) != 1 or len(parts(data)) != 1:
        return False
    stream = source.streams.audio[0]
    head = stream.codec_context.extradata or b""
    if stream.codec_context.name not in ("opus", "libopus") or len(head) < 19:
        return False
    channels, gain, family = head[9], struct.unpack_from("<h", head, 16)[0], head[18]
    return channels in (1, 2) and gain == 0 and family == 0


def _delay(source: Any) -> int:
    """Samples at the start that a decoder skips."""
    (delay,) = struct.unpack_from("<H", source.streams.audio[0].codec_context.extradata, 10)
    return int(delay)


@lru_cache(maxsize=1)
def _silence() -> tuple[bytes, ...]:
    """`GAP_MS` of silence as packets."""
    data = encode(np.zeros(GAP_MS * RATE // 1000, np.float32))
    with opened(data) as source:
        found: list[bytes] = []
        left = GAP_MS * CLOCK // 1000
        for packet, samples in _packets(source):
            if left <= 0:
                break
            found.append(bytes(packet))
            left -= samples
    return tuple(found)
