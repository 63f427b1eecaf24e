"""Measurements of a recording's sound at ingestion, from its decoded samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotate.media.audio import AudioBounds, Pcm, Samples, decode
from annotate.media.clean_sound import CleanSound, clean_sound, cleaning_limits
from annotate.media.isolation import run_isolated
from annotate.media.loudness import peak_dbfs, rms_dbfs
from annotate.model.ids import sha256_hex

PLATEAU = 0.7
TOP_QUANTILE = 0.999
"""A sample above 0.7 of the 99.9th percentile counts as near the top. Counting samples at full
scale misses a clipped wave that went through a lossy codec, which ripples and overshoots its flat
top. The fraction is 0.5 to 1 % on clean speech, 2 % on Gaussian noise, and over 10 % on speech
whose loudest 6 % of samples were cut off, before and after Opus or AAC."""

QUIET_DBFS = -40.0
"""If the top is below this level, nothing can have clipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """Columns of `recordings`. Levels are in dB relative to full scale; the hash is of the decoded
    16-bit samples.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    track: int
    used_channels: list[int]
    duration_ms: int
    filled_ms: int
    pcm_sha256: str
    clipped_frac: float
    peak_dbfs: float
    rms_dbfs: float


def read_sound(data: bytes, bounds: AudioBounds) -> tuple[SoundFacts, CleanSound]:
    """Decode and measure a recording, and make its clean copy, in a separate process.

    A crash rejects only this recording.

    Raises:
        RejectedError: As `annotate.media.audio.decode_safely` does.
    """
    return run_isolated(decode_and_measure, data, bounds, limits=cleaning_limits(bounds))


def decode_and_measure(data: bytes, bounds: AudioBounds) -> tuple[SoundFacts, CleanSound]:
    """The result of `read_sound`, computed in this process."""
    pcm = decode(data, bounds)
    return measure_sound(pcm), clean_sound(data, pcm, bounds)


def measure_sound(pcm: Pcm) -> SoundFacts:
    """Measure a decoded recording."""
    return SoundFacts(
        container=pcm.container,
        codec=pcm.codec,
        sample_rate=pcm.sample_rate,
        channels=pcm.channels,
        track=pcm.track,
        used_channels=list(pcm.used_channels),
        duration_ms=pcm.duration_ms,
        filled_ms=pcm.filled_ms,
        pcm_sha256=sha256_hex(np.rint(pcm.samples * 32767).astype("<i4").tobytes()),
        clipped_frac=clipped_frac(pcm.samples),
        peak_dbfs=round(peak_dbfs(pcm.samples), 3),
        rms_dbfs=round(rms_dbfs(pcm.samples), 3),
    )


def clipped_frac(samples: Samples) -> float:
    """The fraction of samples near the wave's flat top, from 0 to 1; see `PLATEAU`."""
    level = np.abs(samples)
    top = float(np.quantile(level, TOP_QUANTILE)) if len(level) else 0.0
    if top < 10 ** (QUIET_DBFS / 20):
        return 0.0
    return round(float(np.mean(level >= PLATEAU * top)), 6)
