"""Builders of audio: tones, speech cut from the demo's recordings, and files in any container."""

from __future__ import annotations

import io
import wave
from functools import cache
from pathlib import Path

import av
import numpy as np

from annotate.media.audio import RATE, Samples, decode

DEMO = Path(__file__).parents[1] / "data" / "demo"


def tone(seconds: float, *, hertz: float = 440.0, level: float = 0.5) -> Samples:
    """A sine wave."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def silence(seconds: float) -> Samples:
    """Digital zero."""
    return np.zeros(round(seconds * RATE), np.float32)


@cache
def spoken(name: str = "astronaut-01", start_s: float = 0.0, end_s: float = 12.0) -> Samples:
    """A part of one of the demo's recordings, which are of a synthetic voice."""
    (path,) = (DEMO / "recordings").glob(f"{name}.*")
    samples = decode(path.read_bytes()).samples
    return samples[round(start_s * RATE) : round(end_s * RATE)]


def as_wav(samples: Samples, rate: int = RATE) -> bytes:
    """The samples as 16-bit mono WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes())
    return file.getvalue()


def encoded(samples: Samples, container: str, codec: str, rate: int = 48_000) -> bytes:
    """The samples (mono at `RATE`) resampled and encoded."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(piece)
        size = stream.codec_context.frame_size or 960
        for piece in fifo.read_many(size, partial=True):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file.getvalue()
