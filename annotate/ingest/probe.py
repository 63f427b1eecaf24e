"""What is measured of a recording once, while its samples are at hand."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from annotate.media.audio import Pcm, Samples
from annotate.media.editing import peak_dbfs, rms_dbfs
from annotate.model.errors import RejectedError
from annotate.model.ids import sha256_hex

PLATEAU = 0.7
TOP_QUANTILE = 0.999
"""A sample above 0.7 of the 99.9th percentile counts as near the top. Counting samples at full
scale misses a clipped wave that went through a lossy codec, which ripples and overshoots its flat
top. On clean speech the share is 0.5 to 1 %, on Gaussian noise 2 %, on speech whose loudest 6 % of
samples were cut off over 10 %, before and after Opus or AAC."""

QUIET_DBFS = -40.0
"""With a top below this nothing can have clipped."""

IMAGE_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What an image's own bytes say of it; `suffix` is for its blob."""

    suffix: str
    media_type: str
    width: int
    height: int


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


def probe_image(data: bytes) -> ImageFacts:
    """Read an image's kind and size, and decode it once so that a broken one is noticed.

    Raises:
        RejectedError: `bad_image`, if it isn't a whole JPEG, PNG or WebP of a sane size.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=list(IMAGE_SUFFIXES)) as image:
                kind, (width, height) = str(image.format), image.size
                if width * height > MAX_PIXELS:
                    raise RejectedError("bad_image", f"{width} x {height} pixels are too many")
                image.load()
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise RejectedError("bad_image", f"not a picture that can be opened: {error}") from error
    return ImageFacts(
        suffix=IMAGE_SUFFIXES[kind], media_type=Image.MIME[kind], width=width, height=height
    )
