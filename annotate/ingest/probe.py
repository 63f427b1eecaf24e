"""What is measured of a recording once, while its samples are at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotate.media.audio import Pcm, Samples
from annotate.media.editing import peak_dbfs, rms_dbfs
from annotate.model.ids import sha256_hex

PLATEAU = 0.7
TOP_QUANTILE = 0.999
"""A sample above 0.7 of the 99.9th percentile counts as near the top. Counting samples at full
scale misses a clipped wave that went through a lossy codec, which ripples and overshoots its flat
top. On clean speech the share is 0.5 to 1 %, on Gaussian noise 2 %, on speech whose loudest 6 % of
samples were cut off over 10 %, before and after Opus or AAC."""

QUIET_DBFS = -40.0
"""With a top below this nothing can have clipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """Levels in dB relative to full scale; the hash is of the decoded 16-bit samples."""

    pcm_sha256: str
    clipped_frac: float
    peak_dbfs: float
    rms_dbfs: float


def probe_sound(pcm: Pcm) -> SoundFacts:
    """Measure a decoded recording."""
    return SoundFacts(
        pcm_sha256=sha256_hex(np.rint(pcm.samples * 32767).astype("<i4").tobytes()),
        clipped_frac=clipped_frac(pcm.samples),
        peak_dbfs=round(peak_dbfs(pcm.samples), 3),
        rms_dbfs=round(rms_dbfs(pcm.samples), 3),
    )


def clipped_frac(samples: Samples) -> float:
    """The share of samples near the wave's flat top, from 0 to 1; see `PLATEAU`."""
    level = np.abs(samples)
    top = float(np.quantile(level, TOP_QUANTILE)) if len(level) else 0.0
    if top < 10 ** (QUIET_DBFS / 20):
        return 0.0
    return round(float(np.mean(level >= PLATEAU * top)), 6)
