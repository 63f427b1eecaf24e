"""Levels of speech and noise, and transients outside speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotate.media.channels import FRAME, RATE, Samples
from annotate.model.speech import Span

FRAME_MS = FRAME * 1000 // RATE

SILENT_DBFS = -100.0
"""Below this a frame is digital silence, inserted or made by a noise gate. Its level is
unrelated to the noise under the voice."""

FLOOR_PERCENTILE = 20
"""Percentile of the frames without speech that is the noise level. Clicks, thuds, coughs and missed
speech are in the louder part; steady noise has the same level in all frames, within 0.5 dB."""

FLOOR_PERCENTILE_IN_SPEECH = 5
"""Percentile of all frames, if too few are without speech: the stops and pauses between words."""

FEWEST_FRAMES = 10
"""Fewest frames without speech from which the noise level is measured."""

_LOUDEST = 0.98
"""Louder frames of speech are limited to this quantile, as they may be clicks."""

BURST_DB = 3.0
"""A burst is louder than the voice by at least this: the loudest frames outside speech of real and
synthetic recordings without one are 8 to 35 dB below the voice, of white noise as loud as the
voice 0.7 above it."""

BURST_OVER_NOISE_DB = 10.0

BURST_DECAY_DB = 20.0
"""A burst's frames are within this of its loudest frame."""

LONGEST_BURST_MS = 300
"""A click lasts under 20 ms, a thud 100 to 300. Longer sounds are coughs, or words that the
detector missed: the shortest one observed lasted 440."""

MARGIN_MS = 100
"""A burst this close to speech may be its first or last sound and is ignored."""

Levels = npt.NDArray[np.float64]


def frame_dbfs(samples: Samples) -> Levels:
    """The level of each frame of 20 ms in dB relative to full scale, without offsets."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return np.asarray(10 * np.log10(power + 1e-12))


def speech_and_noise_dbfs(
    levels: Levels, speech: Sequence[Span]
) -> tuple[float | None, float | None]:
    """The level of the speech, and of the noise where there is none.

    Args:
        levels: `frame_dbfs` of the recording.

    Returns:
        In dB relative to full scale; None for the speech if there is none, and for the noise if
        the recording is digital silence.
    """
    inside = _inside(len(levels), speech)
    spoken, sounding = levels[inside], levels > SILENT_DBFS
    rest = levels[~inside & sounding]
    noise = None
    if len(rest) >= FEWEST_FRAMES:
        noise = float(np.percentile(rest, FLOOR_PERCENTILE))
    elif sounding.any():
        noise = float(np.percentile(levels[sounding], FLOOR_PERCENTILE_IN_SPEECH))
    voice = None
    if len(spoken):
        power = 10 ** (np.minimum(spoken, np.quantile(spoken, _LOUDEST)) / 10)
        voice = float(10 * np.log10(np.mean(power)))
    return _rounded(voice), _rounded(noise)


def transients_ms(
    levels: Levels, speech: Sequence[Span], speech_dbfs: float | None, noise_dbfs: float | None
) -> tuple[int, ...]:
    """Bursts outside speech that are louder than the voice: clicks, thuds, a dropped pen.

    Returns:
        The start of each in milliseconds; empty if there is no voice to compare with.
    """
    if speech_dbfs is None or noise_dbfs is None:
        return ()
    bound = max(speech_dbfs + BURST_DB, noise_dbfs + BURST_OVER_NOISE_DB)
    loud = np.flatnonzero((levels > bound) & ~_inside(len(levels), speech, MARGIN_MS))
    found: list[int] = []
    settled = 0
    for first in loud.tolist():
        if first < settled:
            continue
        start, end = _extent(levels, first)
        settled = end
        if (end - start) * FRAME_MS <= LONGEST_BURST_MS:
            found.append(start * FRAME_MS)
    return tuple(found)


def _extent(levels: Levels, first: int) -> tuple[int, int]:
    """The frames of the burst around the loudest frame near `first`; limited in length."""
    most = LONGEST_BURST_MS // FRAME_MS + 1
    near = levels[first : first + most]
    peak = first + int(np.argmax(near))
    bound = levels[peak] - BURST_DECAY_DB
    start = end = peak
    while start > max(0, peak - most) and levels[start - 1] > bound:
        start -= 1
    while end < min(len(levels), peak + most) and levels[end] > bound:
        end += 1
    return start, max(end, first + 1)


def _inside(count: int, speech: Sequence[Span], margin_ms: int = 0) -> npt.NDArray[np.bool_]:
    """Mask of the frames that overlap speech."""
    inside = np.zeros(count, dtype=bool)
    for span in speech:
        first = max(0, (span.start_ms - margin_ms) // FRAME_MS)
        inside[first : -(-(span.end_ms + margin_ms) // FRAME_MS)] = True
    return inside


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 3)
