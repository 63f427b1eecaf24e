"""Encode audio in the formats that browsers send: Opus in WebM or Ogg, AAC in M4A, WAV.

Muxing is bit-exact, so that the same samples give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from speech import SAMPLE_RATE, Samples

_BLOCK = 960  # samples: 20 ms, one Opus frame


@dataclass(frozen=True)
class Container:
    """A file format: suffix, FFmpeg's muxer and codec, bits per second."""

    suffix: str
    muxer: str
    codec: str
    bit_rate: int
    options: dict[str, str] = field(default_factory=dict)


# `webm-live` is what MediaRecorder sends: written as a stream, with no duration in its header.
CONTAINERS = {
    "webm-live": Container("webm", "webm", "libopus", 28_000, {"live": "1"}),
    "webm": Container("webm", "webm", "libopus", 28_000),
    "ogg": Container("ogg", "ogg", "libopus", 28_000),
    "m4a": Container("m4a", "ipod", "aac", 64_000),
    "wav": Container("wav", "wav", "pcm_s16le", 768_000),
}


def encode(samples: Samples, container: Container) -> bytes:
    """Encode 48 kHz mono samples as a file."""
    buffer = io.BytesIO()
    options = {"fflags": "+bitexact", **container.options}
    with av.open(buffer, "w", format=container.muxer, options=options) as output:
        stream = output.add_stream(container.codec, rate=SAMPLE_RATE)
        context = cast(AudioCodecContext, stream.codec_context)
        context.layout = "mono"
        context.bit_rate = container.bit_rate
        context.flags |= av.codec.context.Flags.bitexact
        for frame in _frames(samples):
            output.mux(context.encode(frame))
        output.mux(context.encode(None))
    return buffer.getvalue()


def decode(recording: bytes) -> Samples:
    """Decode a file to 48 kHz mono samples."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    blocks: list[Samples] = []
    with av.open(io.BytesIO(recording), "r") as source:
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                blocks.append(part.to_ndarray()[0].astype(np.float32))
    return np.concatenate(blocks)


def _frames(samples: Samples) -> Iterator[av.AudioFrame]:
    whole = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    for start in range(0, len(whole), _BLOCK):
        block = np.ascontiguousarray(whole[None, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        yield frame
