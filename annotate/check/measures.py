"""Measurements of recordings and transcripts, in columns, before they are checked."""

from __future__ import annotations

import polars as pl

from annotate.check.hallucination import longest_loop, share_outside
from annotate.model.language import UNSPACED
from annotate.text.normalization import bare_words

COLUMNS = (
    "recording_id",
    "duration_ms",
    "client_ms",
    "filled_ms",
    "clipped_frac",
    "rms_dbfs",
    "track",
    "channels",
    "used_channels",
    "trace_points",
    "trace_end_ms",
    "trace_outside_frac",
    "trace_extent_frac",
    "language",
    "segments",
    "words",
    "speech",
    "speech_dbfs",
    "noise_dbfs",
    "transients_ms",
    "corrected_words",
    "edits_lost",
    "earlier_copies",
    "first_copy",
)
"""What `measure` reads: columns of recordings and transcripts; how many words their annotator
corrected, and how many corrections match no word, both null if there are none; and how often the
same samples are in recordings with a smaller id, and in which first (null if in none)."""

_AS_THEY_ARE = (
    "recording_id",
    "earlier_copies",
    "first_copy",
    "clipped_frac",
    "rms_dbfs",
    "client_ms",
    "trace_outside_frac",
    "edits_lost",
)
"""Those of them that are checked without further computation."""

_FEWEST_WORDS = 50
"""The fraction of distinct words means little for a shorter text."""

_FEWEST_POINTS = 5
"""The extent of a trace means little with fewer points: a few clicks may be anywhere."""


def measure(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a recording with the measurements that the checks compare.

    Args:
        frame: `COLUMNS`, one row a recording.

    Returns:
        Durations in seconds, fractions from 0 to 1, levels in dB relative to full scale. What can't
        be measured is null: rates and log-probabilities without words, levels without speech, times
        that the recorder didn't give, what wasn't measured yet when the row was written.
    """
    counted = _count(frame)
    fraction = (pl.col("speech_ms") / pl.col("duration_ms")).clip(0, 1)
    spoken = pl.col("word_count") > 0
    traced = pl.col("trace_points") >= _FEWEST_POINTS
    return counted.select(
        *_AS_THEY_ARE,
        looked_at=_channels_used(),
        corrected_share=pl.col("corrected_words") / pl.col("word_count").clip(lower_bound=1),
        filled_s=_seconds(pl.col("filled_ms")),
        trace_extent_frac=pl.when(traced).then("trace_extent_frac"),
        trace_end_share=pl.when(traced).then(pl.col("trace_end_ms") / pl.col("duration_ms")),
        duration_s=_seconds(pl.col("duration_ms")),
        extra_s=_seconds(pl.col("duration_ms") - pl.col("client_ms")),
        missing_s=_seconds(pl.col("client_ms") - pl.col("duration_ms")),
        speech_share=fraction,
        worded_speech_share=pl.when(spoken).then(fraction).otherwise(0.0),
        clearance_db=pl.col("speech_dbfs") - pl.col("noise_dbfs"),
        transient_count=pl.col("transients_ms").list.len(),
        first_transient_s=_seconds(pl.col("transients_ms").list.first()).round(1),
        words_a_minute=pl.when(spoken).then(_words_a_minute()),
        logprob=_mean_logprob(),
        compression_ratio=pl.col("segments").list.eval(_field("compression_ratio")).list.max(),
        unique_share=pl.when((pl.col("word_count") >= _FEWEST_WORDS) & _spaced()).then(
            pl.col("bare_words").list.n_unique() / pl.col("word_count")
        ),
        loop_words=pl.when(spoken).then(_loops(counted["bare_words"])),
        invented_share=pl.when(spoken).then(_invented_shares(counted)),
    )


def _count(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the columns that several measurements use."""
    bare = bare_words(_field("text"))
    return frame.with_columns(
        word_count=pl.col("words").list.len(),
        speech_ms=_sum(pl.col("speech"), _field("end_ms") - _field("start_ms")),
        bare_words=pl.col("words").list.eval(bare),
    )


def _words_a_minute() -> pl.Expr:
    """Words a minute of speech; null without speech, and in languages without blanks."""
    return pl.when((pl.col("speech_ms") > 0) & _spaced()).then(
        pl.col("word_count") * 60_000 / pl.col("speech_ms")
    )


def _spaced() -> pl.Expr:
    """Whether the language has blanks between words; without them, the units are parts of words."""
    return ~pl.col("language").is_in(list(UNSPACED))


def _channels_used() -> pl.Expr:
    """The channels in which speech was searched for, as text: `channel 1, 2 of 2 in track 1`."""
    used = pl.col("used_channels").cast(pl.List(pl.String)).list.join(", ")
    named = pl.format("channel {} of {} in track {}", used, "channels", "track")
    return named.fill_null("all channels")


def _field(name: str) -> pl.Expr:
    return pl.element().struct.field(name)


def _seconds(milliseconds: pl.Expr) -> pl.Expr:
    """Milliseconds as seconds, the same in a frame of one row as in one of many.

    Polars divides a single row by 1000, but multiplies longer columns by the nearest number to a
    thousandth, so that 22.65 was rounded either way, to 22.6 or 22.7.
    """
    return (milliseconds * 0.001).round(3)


def _sum(lists: pl.Expr, value: pl.Expr) -> pl.Expr:
    return lists.list.eval(value).list.sum()


def _mean_logprob() -> pl.Expr:
    """The segments' mean log-probabilities, each weighted by how long the segment lasts."""
    lasted_ms = (_field("end_ms") - _field("start_ms")).clip(lower_bound=1)
    segments = pl.col("segments")
    return pl.when(segments.list.len() > 0).then(
        _sum(segments, _field("avg_logprob") * lasted_ms) / _sum(segments, lasted_ms)
    )


def _loops(words: pl.Series) -> pl.Series:
    return pl.Series([longest_loop(texts) for texts in words.to_list()], dtype=pl.Int64)


def _invented_shares(frame: pl.DataFrame) -> pl.Series:
    """`share_outside` for each recording."""
    bounds = frame.select(
        pl.col(spans).list.eval(_field(edge)).alias(f"{spans} {edge}")
        for spans in ("words", "speech")
        for edge in ("start_ms", "end_ms")
    )
    shares = [
        share_outside(
            list(zip(starts, ends, strict=True)),
            list(zip(speech_starts, speech_ends, strict=True)),
        )
        for starts, ends, speech_starts, speech_ends in bounds.iter_rows()
    ]
    return pl.Series(shares, dtype=pl.Float64)
