"""Builders of faulty files: lost or late packets, invalid WAV headers."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from annotate.media.audio import RATE, Samples

Change = Callable[[int, Any], bool]
"""Called with a packet's index and the packet, which it may change; returns whether to write it."""


def keep_all(_: int, __: Any) -> bool:
    """Write every packet unchanged."""
    return True


def every_eighth_lost(number: int, _: Any) -> bool:
    """Omit every eighth packet."""
    return number % 8 != 7


def shifted(seconds: float) -> Change:
    """Delay every packet by some seconds."""

    def change(_: int, packet: Any) -> bool:
        ticks = round(Fraction(seconds) / packet.time_base)
        packet.pts += ticks
        packet.dts += ticks
        return True

    return change


def lost_between(start_s: float, end_s: float) -> Change:
    """Omit packets that start within this time."""

    def change(_: int, packet: Any) -> bool:
        return not start_s <= packet.pts * packet.time_base < end_s

    return change


def muxed(
    *tracks: Sequence[Samples],
    container: str = "webm",
    codec: str = "libopus",
    rate: int = 48_000,
    change: Change = keep_all,
) -> bytes:
    """A file of tracks with one or two channels each (samples at `RATE`), encoded and muxed."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        streams = [
            out.add_stream(codec, rate=rate, layout="mono" if len(track) == 1 else "stereo")
            for track in tracks
        ]
        for stream, track in zip(streams, tracks, strict=True):
            for number, packet in enumerate(_packets(stream, track, rate)):
                if change(number, packet):
                    out.mux(packet)
    return file.getvalue()


def _packets(stream: Any, channels: Sequence[Samples], rate: int) -> Any:
    layout = "mono" if len(channels) == 1 else "stereo"
    packed = np.ascontiguousarray(np.stack(channels, axis=1).reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    frame.sample_rate = RATE
    resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
    fifo = av.AudioFifo()
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        piece.pts = None
        fifo.write(piece)
    at = 0
    for piece in fifo.read_many(stream.codec_context.frame_size or 960, partial=True):
        piece.pts, piece.time_base = at, Fraction(1, rate)
        at += piece.samples
        yield from stream.encode(piece)
    yield from stream.encode(None)


def wav(
    content: bytes,
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = RATE,
    bits: int = 16,
    block: int | None = None,
    data_size: int | None = None,
    riff_size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
    kind: bytes = b"RIFF",
) -> bytes:
    """A WAV with these values in its header, valid or not.

    Args:
        before: Chunks between format and data, such as `LIST`.
    """
    block = channels * bits // 8 % 2**16 if block is None else block
    per_second = min(rate * block, 0xFFFF_FFFF)
    extra = b""
    if tag == 0xFFFE:
        guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
        extra = struct.pack("<HHI", 22, bits, 0) + guid
    fmt = struct.pack("<HHIIHH", tag, channels, rate, per_second, block, bits) + extra
    size = len(content) if data_size is None else data_size
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + before
    body += b"data" + struct.pack("<I", size) + content + after
    whole = len(body) if riff_size is None else riff_size
    return kind + struct.pack("<I", whole) + body


def chunk(name: bytes, content: bytes) -> bytes:
    """One RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def pcm16(samples: Samples) -> bytes:
    """The samples as 16-bit PCM, little endian."""
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()
