"""Images and audio reduced in size, to be embedded in a page."""

from __future__ import annotations

import io

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from PIL import Image

from annotate.media.audio import RATE, Samples, decode_safely
from annotate.media.clean_image import LIMITS
from annotate.media.images import to_srgb
from annotate.media.isolation import run_isolated
from annotate.media.loudness import as_samples, as_segment

LONGEST_PX = 900
JPEG_QUALITY = 82
MARGIN_MS = 400
"""Sound kept before the first word and after the last."""
FADE_MS = 30
LOUDNESS_DBFS = -20.0
"""Recordings are normalized to this root-mean-square level, so that none is startlingly loud."""
HEADROOM_DB = 1.0
BIT_RATE = 24_000
OPUS = {"application": "voip", "compression_level": "3"}
"""Tuned for speech, and twice as fast as libopus is by itself."""


def small_jpeg(data: bytes) -> bytes:
    """A clean copy as a JPEG in sRGB whose longest side is at most `LONGEST_PX`.

    Raises:
        RejectedError: `bad_image`, or what `run_isolated` raises.
    """
    return run_isolated(encode_jpeg, data, limits=LIMITS)


def encode_jpeg(data: bytes) -> bytes:
    """The same as `small_jpeg`, in this process."""
    picture = to_srgb(data)
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=JPEG_QUALITY)
    return packed.getvalue()


def small_opus(data: bytes, start_ms: int, end_ms: int) -> tuple[bytes, int]:
    """The part of a recording with its words, as mono Ogg Opus at a common loudness.

    Returns:
        The file, the same for the same recording, and where on the recording's clock it begins.

    Raises:
        RejectedError: The recording cannot be decoded.
    """
    whole = as_segment(decode_safely(data).samples)
    from_ms = max(0, start_ms - MARGIN_MS)
    clip = whole[from_ms : end_ms + MARGIN_MS]
    if clip.rms:
        gain = min(LOUDNESS_DBFS - clip.dBFS, -HEADROOM_DB - clip.max_dBFS)
        clip = clip.apply_gain(gain)
    fade_ms = min(FADE_MS, len(clip) // 2)
    return encode_opus(as_samples(clip.fade_in(fade_ms).fade_out(fade_ms))), from_ms


def encode_opus(samples: Samples) -> bytes:
    """Mono samples at `RATE` as Ogg Opus, without anything that changes from run to run."""
    packed = io.BytesIO()
    bitexact = {"fflags": "+bitexact"}
    with av.open(packed, "w", format="ogg", options=bitexact) as output:
        stream = output.add_stream("libopus", rate=RATE)
        encoder = stream.codec_context
        assert isinstance(encoder, AudioCodecContext)  # noqa: S101 (for the type checker)
        encoder.layout = "mono"
        encoder.bit_rate = BIT_RATE
        encoder.options = OPUS
        encoder.flags |= av.codec.context.Flags.bitexact
        pcm16 = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype(np.int16)
        for start in range(0, len(pcm16), RATE):
            block = np.ascontiguousarray(pcm16[None, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = start
            output.mux(encoder.encode(frame))
        output.mux(encoder.encode(None))
    return packed.getvalue()
