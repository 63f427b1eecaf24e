"""A release's statistics, for its card, manifest and viewer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Numbers of a release, or of a shard of it; the statistics of shards add up.

    Attributes:
        counts: `images`, `captions`, `words`, `spoken_words`, `grounded_words` (spoken while
            something was pointed at), `automatic_reviews`.
        splits: Images in each split.
        languages: Recordings in each language, as recognised.
        models: Recordings by the recognizer that transcribed them.
    """

    counts: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Statistics) -> Statistics:
        """The statistics of both together."""
        return Statistics(
            counts=self.counts + other.counts,
            splits=self.splits + other.splits,
            languages=self.languages + other.languages,
            models=self.models + other.models,
        )


def caption_statistics(rows: pl.DataFrame) -> Statistics:
    """The statistics of some caption rows."""
    lineage = rows.select(pl.col("lineage").explode(empty_as_null=False)).unnest("lineage")
    spoken = lineage.filter(pl.col("kind") == "spoken")
    sources = rows.select(pl.col("recordings").explode(empty_as_null=False)).unnest("recordings")
    counts = {
        "images": rows.height,
        "captions": rows.height,
        "words": int(rows["word_count"].sum()),
        "spoken_words": spoken.height,
        "grounded_words": spoken["x_frac"].count(),
        "automatic_reviews": int(rows["automatic_review"].sum()),
    }
    return Statistics(
        counts=Counter(counts),
        splits=Counter(rows["split"].to_list()),
        languages=Counter(sources["language"].drop_nulls().to_list()),
        models=Counter(sources["model"].drop_nulls().to_list()),
    )


def recording_counts(recordings: pl.DataFrame) -> Counter[str]:
    """Counts of the recordings used: recordings, annotators, length, and synthetic voices."""
    return Counter(
        {
            "recordings": recordings.height,
            "annotators": recordings["annotator_id"].n_unique(),
            "audio_ms": int(recordings["duration_ms"].sum()),
            "synthetic_voices": int(recordings["synthetic_voice"].sum()),
        }
    )


ORDER = (
    "images",
    "captions",
    "recordings",
    "annotators",
    "words",
    "spoken_words",
    "grounded_words",
    "audio_ms",
    "automatic_reviews",
    "synthetic_voices",
)


def ordered(counts: Counter[str]) -> dict[str, int]:
    """The counts in a fixed order, zeros included."""
    return {name: counts[name] for name in ORDER}
