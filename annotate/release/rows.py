"""The released rows: captions with lineage, and the narrations that they come from."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from annotate.model.tables import Narrations, Traces, Transcripts
from annotate.release.options import ReleaseOptions
from annotate.release.select import Selection
from annotate.store.lake import Lake
from annotate.store.settled import settled

NAME_CHARS = 100
"""An image's name is cut to this many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A part of one split: its images, and the stem of its files (`train-00000-of-00001`)."""

    name: str
    images: pl.DataFrame


def shards(selection: Selection, options: ReleaseOptions) -> Iterator[Shard]:
    """The selection in shards of `images_per_file`, split by split."""
    size = options.images_per_file
    for name in selection.images["split"].unique().sort():
        images = selection.images.filter(pl.col("split") == name)
        total = -(-images.height // size)
        for index in range(total):
            part = images.slice(index * size, size)
            yield Shard(name=f"{name}-{index:05}-of-{total:05}", images=part)


def caption_rows(
    lake: Lake, selection: Selection, images: pl.DataFrame, options: ReleaseOptions
) -> pl.DataFrame:
    """One row an image: the caption as reviewed, its lineage, and what it was made from.

    Args:
        images: Some of the selection's images.
    """
    reviews = settled(lake, selection.reviewers, images.select("caption_id"))
    decided = reviews.select("caption_id", "lineage", caption="text").collect()
    rows = images.join(decided, on="caption_id").join(
        _sources(lake, selection, images, options), on="image_id"
    )
    return rows.sort("image_id").select(
        "image_id",
        image_sha256="sha256",
        original_sha256="original_sha256",
        image_name=_plain_name(pl.col("name")),
        image_url=media_path("images") if options.include_images else pl.lit(None, pl.String),
        width="width",
        height="height",
        split="split",
        caption="caption",
        transcripts="transcripts",
        recordings="sources",
        lineage="lineage",
        word_count=pl.col("lineage").list.len().cast(pl.Int64),
        automatic_review="automatic",
    )


def narration_rows(lake: Lake, selection: Selection, images: pl.DataFrame) -> pl.DataFrame:
    """One row a recording used: its words and phrases tied to the image, and the pointer's path."""
    used = images.select("image_id", "split", recording_id="recordings").explode("recording_id")
    ids = used.select("recording_id").unique()
    narrations = lake.current(Narrations, ids).select("recording_id", "words", "phrases")
    traces = lake.current(Traces, ids).select("recording_id", "segments", "points")
    recordings = selection.recordings.select("recording_id", "annotator_id", "duration_ms")
    return (
        used.lazy()
        .join(narrations, on="recording_id")
        .join(recordings.lazy(), on="recording_id")
        .join(traces, on="recording_id", how="left")
        .sort("image_id", "recording_id")
        .select(
            "recording_id",
            "image_id",
            "annotator_id",
            "duration_ms",
            "split",
            "words",
            "phrases",
            trace=pl.struct("segments", "points"),
        )
        .collect()
    )


def parquet(rows: pl.DataFrame) -> bytes:
    """The rows as parquet, the same bytes for the same rows."""
    buffer = io.BytesIO()
    rows.rechunk().write_parquet(
        buffer, compression="zstd", compression_level=9, row_group_size=1_000, statistics=True
    )
    return buffer.getvalue()


def media_path(kind: str) -> pl.Expr:
    """A blob's path in the release: by its hash, in 256 folders, since hubs limit their size."""
    sha256, suffix = pl.col("sha256"), pl.col("blob").str.extract(r"\.([A-Za-z0-9]+)$")
    return pl.format("{}/{}/{}.{}", pl.lit(kind), sha256.str.head(2), sha256, suffix)


def _sources(
    lake: Lake, selection: Selection, images: pl.DataFrame, options: ReleaseOptions
) -> pl.DataFrame:
    """For each image its `transcripts` and its `sources`, in the order of the caption's list."""
    used = images.select(
        "image_id",
        recording_id="recordings",
        position=pl.int_ranges(pl.col("recordings").list.len()),
    ).explode("recording_id", "position")
    transcripts = lake.current(Transcripts, used.select("recording_id").unique()).select(
        "recording_id", "language", "model", "model_sha256", transcript="text"
    )
    audio = media_path("audio") if options.include_audio else pl.lit(None, pl.String)
    recordings = selection.recordings.drop("image_id").with_columns(audio=audio)
    source = pl.struct(
        "recording_id",
        "annotator_id",
        "duration_ms",
        "language",
        "model",
        "model_sha256",
        "synthetic_voice",
        "audio",
    )
    return (
        used.join(recordings, on="recording_id")
        .join(transcripts.collect(), on="recording_id", how="left")
        .sort("image_id", "position")
        .group_by("image_id", maintain_order=True)
        .agg(transcripts=pl.col("transcript").drop_nulls(), sources=source)
    )


def _plain_name(name: pl.Expr) -> pl.Expr:
    """The last part of a file name as uploaded, without characters special to a shell or path."""
    last = name.str.replace_all(r"\\", "/").str.split("/").list.last()
    plain = last.str.replace_all(r"[^\w. -]", "_").str.strip_chars(" .").str.head(NAME_CHARS)
    return pl.when(plain == "").then(pl.lit("image")).otherwise(plain)
