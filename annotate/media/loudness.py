"""Loudness of decoded audio with pydub, which is imported only in this module."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from annotate.media.channels import RATE, Samples

with warnings.catch_warnings():
    # pydub searches for an ffmpeg binary on import and warns without one; PyAV decodes here.
    warnings.filterwarnings("ignore", message="Couldn't find ffmpeg", category=RuntimeWarning)
    # Its regular expressions aren't raw strings, which newer Pythons warn about.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from pydub import AudioSegment

if TYPE_CHECKING:
    from typing import Any

FLOOR_DBFS = -120.0
"""Level reported for digital silence, whose level is minus infinity."""


def as_segment(samples: Samples) -> Any:
    """The samples (mono float32 at `RATE`) as a 16-bit `pydub.AudioSegment`."""
    pcm16 = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype("<i2")
    return AudioSegment(data=pcm16.tobytes(), sample_width=2, frame_rate=RATE, channels=1)


def as_samples(segment: Any) -> Samples:
    """The segment's samples as mono float32; the inverse of `as_segment` to within 16 bits."""
    pcm16 = np.frombuffer(segment.raw_data, dtype="<i2")
    return (pcm16.astype(np.float32) / 32767.0).astype(np.float32, copy=False)


def rms_dbfs(samples: Samples) -> float:
    """Root-mean-square level in dB relative to full scale, `FLOOR_DBFS` for silence."""
    return max(FLOOR_DBFS, float(as_segment(samples).dBFS))


def peak_dbfs(samples: Samples) -> float:
    """Level of the largest sample in dB relative to full scale, `FLOOR_DBFS` for silence."""
    return max(FLOOR_DBFS, float(as_segment(samples).max_dBFS))
