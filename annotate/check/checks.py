"""Definitions of the checks, in order: each has one measurement and its bounds.

To add a check, add its measurement to `annotate.check.measures`, its bounds to `Thresholds` and an
entry to `CHECK_DEFINITIONS`. Where several fail, the first gives the reason: checks of the
audio come before those of the text, since a recording cut off after a word also has few words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from annotate.check.thresholds import Thresholds

Bound = Callable[[Thresholds], float | pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDefinition:
    """One check.

    Attributes:
        name: The check's name, as in the table of verdicts.
        reason: The code in the verdict when it fails.
        value: The measurement, a column of `annotate.check.measures.measure`.
        bad: On which side of a bound a value fails; a value that is null passes.
        flag: Beyond this bound a reviewer should check the recording. None: never.
        reject: Beyond this bound the recording can't be used. None: never.
        detail: The sentence for the reviewer: a `{}` for the value, one for the threshold, and
            one for each column of `also`.
        unmeasured: The sentence where the detail can't be given, because one of them is null.
        digits: Decimal places in the sentence.
    """

    name: str
    reason: str
    value: str
    bad: Literal["above", "below"]
    flag: Bound | None = None
    reject: Bound | None = None
    detail: str
    unmeasured: str = "There are no words to check."
    also: tuple[str, ...] = ()
    digits: int = 1


def _missing_reject_s(bounds: Thresholds) -> pl.Expr:
    """Rejected only beyond both bounds: the seconds, and the fraction of the recorder's time."""
    share_s = pl.col("client_ms") * (bounds.missing_reject_share / 1000)
    return pl.max_horizontal(pl.lit(bounds.missing_reject_s), share_s)


_NO_EDIT = "The annotator corrected nothing."
_NO_CLOCK = "The recorder gave no time to compare with."

CHECK_DEFINITIONS: tuple[CheckDefinition, ...] = (
    CheckDefinition(
        name="is_truncated",
        reason="truncated",
        value="missing_s",
        bad="above",
        flag=lambda bounds: bounds.missing_flag_s,
        reject=_missing_reject_s,
        detail="The audio is {} s shorter than the recorder measured; {} s is allowed.",
        unmeasured=_NO_CLOCK,
        digits=2,
    ),
    CheckDefinition(
        name="is_overlong",
        reason="overlong",
        value="extra_s",
        bad="above",
        flag=lambda bounds: bounds.extra_flag_s,
        detail="The audio is {} s longer than the recorder measured; {} s is allowed.",
        unmeasured=_NO_CLOCK,
        digits=2,
    ),
    CheckDefinition(
        name="has_gaps",
        reason="gaps",
        value="filled_s",
        bad="above",
        flag=lambda bounds: bounds.gaps_flag_s,
        detail="Sound is missing, and silence replaces it: {} s, where {} s is allowed.",
        unmeasured="It was read before missing sound was measured.",
        digits=2,
    ),
    CheckDefinition(
        name="is_too_short",
        reason="too_short",
        value="duration_s",
        bad="below",
        flag=lambda bounds: bounds.short_flag_s,
        reject=lambda bounds: bounds.short_reject_s,
        detail="It lasts {} s; {} s is the least.",
    ),
    CheckDefinition(
        name="is_too_long",
        reason="too_long",
        value="duration_s",
        bad="above",
        flag=lambda bounds: bounds.long_flag_s,
        reject=lambda bounds: bounds.long_reject_s,
        detail="It lasts {} s; {} s is the most.",
    ),
    CheckDefinition(
        name="is_clipped",
        reason="clipped",
        value="clipped_frac",
        bad="above",
        flag=lambda bounds: bounds.clipped_flag_share,
        reject=lambda bounds: bounds.clipped_reject_share,
        detail="A share of {} of the samples is near the top of the wave; {} is allowed.",
        digits=4,
    ),
    CheckDefinition(
        name="is_no_speech",
        reason="no_speech",
        value="worded_speech_share",  # 0 without words, however much sounds like speech
        bad="below",
        reject=lambda bounds: bounds.no_speech_reject_share,
        detail="A share of {} of the time is speech with words; {} is the least. Looked at: {}.",
        also=("looked_at",),
        digits=2,
    ),
    CheckDefinition(
        name="is_silent",
        reason="silent",
        value="rms_dbfs",
        bad="below",
        flag=lambda bounds: bounds.silent_flag_dbfs,
        reject=lambda bounds: bounds.silent_reject_dbfs,
        detail="Its level is {} dBFS; {} dBFS is the least.",
    ),
    CheckDefinition(
        name="is_noisy",
        reason="noisy",
        value="clearance_db",
        bad="below",
        flag=lambda bounds: bounds.noisy_flag_db,
        detail="Speech is {} dB above the noise; {} dB is the least.",
        unmeasured="There is no speech, or nothing else, to compare.",
    ),
    CheckDefinition(
        name="has_transients",
        reason="transients",
        value="transient_count",
        bad="above",
        flag=lambda bounds: bounds.transients_flag_count,
        detail="Clicks or thuds louder than the voice: {}, where {} may be; the first at {} s.",
        unmeasured="There are no clicks or thuds, or they weren't looked for.",
        also=("first_transient_s",),
        digits=0,
    ),
    CheckDefinition(
        name="has_little_speech",
        reason="little_speech",
        value="speech_share",
        bad="below",
        flag=lambda bounds: bounds.little_speech_flag_share,
        detail="A share of {} of the time is speech; {} is the least.",
        digits=2,
    ),
    CheckDefinition(
        name="is_invented",
        reason="invented",
        value="invented_share",
        bad="above",
        flag=lambda bounds: bounds.invented_flag_share,
        reject=lambda bounds: bounds.invented_reject_share,
        detail="A share of {} of the words is where nobody spoke; {} is allowed.",
        digits=2,
    ),
    CheckDefinition(
        name="is_unsure",
        reason="unsure",
        value="logprob",
        bad="below",
        flag=lambda bounds: bounds.unsure_flag_logprob,
        reject=lambda bounds: bounds.unsure_reject_logprob,
        detail="The mean log-probability is {}; {} is the least.",
        digits=2,
    ),
    CheckDefinition(
        name="is_hurried",
        reason="hurried",
        value="words_a_minute",
        bad="above",
        flag=lambda bounds: bounds.hurried_flag_wpm,
        reject=lambda bounds: bounds.hurried_reject_wpm,
        detail="There are {} words a minute of speech; {} is the most.",
        digits=0,
    ),
    CheckDefinition(
        name="is_slow",
        reason="slow",
        value="words_a_minute",
        bad="below",
        flag=lambda bounds: bounds.slow_flag_wpm,
        detail="There are {} words a minute of speech; {} is the least.",
        digits=0,
    ),
    CheckDefinition(
        name="is_repetitive",
        reason="repetitive",
        value="compression_ratio",
        bad="above",
        flag=lambda bounds: bounds.repetitive_flag_ratio,
        detail="The text of a segment compresses {} times; {} times is the most.",
        digits=2,
    ),
    CheckDefinition(
        name="repeats_itself",
        reason="loop",
        value="loop_words",
        bad="above",
        flag=lambda bounds: bounds.loop_flag_words,
        reject=lambda bounds: bounds.loop_reject_words,
        detail="The longest loop has {} words; {} is the most.",
        digits=0,
    ),
    CheckDefinition(
        name="is_monotonous",
        reason="monotonous",
        value="unique_share",
        bad="below",
        flag=lambda bounds: bounds.unique_flag_share,
        detail="A share of {} of the words is different; {} is the least.",
        unmeasured="There are too few words to check.",
        digits=2,
    ),
    CheckDefinition(
        name="is_trace_outside",
        reason="trace_outside",
        value="trace_outside_frac",
        bad="above",
        flag=lambda bounds: bounds.trace_outside_flag_share,
        detail="A share of {} of the trace is after the recording's end; {} may.",
        unmeasured="There is no trace to check.",
        digits=2,
    ),
    CheckDefinition(
        name="is_trace_still",
        reason="trace_still",
        value="trace_extent_frac",
        bad="below",
        flag=lambda bounds: bounds.trace_still_flag_frac,
        detail="The pointer's path reaches over {} of the image; {} is the least.",
        unmeasured="There is no path to check.",
        digits=3,
    ),
    CheckDefinition(
        name="is_trace_brief",
        reason="trace_brief",
        value="trace_end_share",
        bad="below",
        flag=lambda bounds: bounds.trace_brief_flag_share,
        detail="The trace ends after a share of {} of the recording; {} is the least.",
        unmeasured="There is no trace to check.",
        digits=3,
    ),
    CheckDefinition(
        name="is_rewritten",
        reason="rewritten",
        value="corrected_share",
        bad="above",
        flag=lambda bounds: bounds.corrected_flag_share,
        detail="The annotator corrected a share of {} of the words; {} is allowed.",
        unmeasured=_NO_EDIT,
        digits=2,
    ),
    CheckDefinition(
        name="has_lost_edits",
        reason="lost_edits",
        value="edits_lost",
        bad="above",
        flag=lambda bounds: bounds.edits_lost_flag_count,
        detail="Corrections whose word isn't in this transcript: {}, where {} may be.",
        unmeasured=_NO_EDIT,
        digits=0,
    ),
    CheckDefinition(
        name="is_duplicate",
        reason="duplicate_audio",
        value="earlier_copies",
        bad="above",
        reject=lambda _: 0.0,
        detail="Recordings before it with the same samples: {}, where {} may be; the first is {}.",
        unmeasured="No recording before it has the same samples.",
        also=("first_copy",),
        digits=0,
    ),
)
