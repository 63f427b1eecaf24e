"""The caption stage: one row per image, from every recording that may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from annotate.caption.compose import Narration, compose
from annotate.caption.options import CaptionOptions
from annotate.execution.step import Outcome, Step
from annotate.model.ids import caption_id, digest
from annotate.model.narration import NarratedWord
from annotate.model.speech import joining
from annotate.model.tables import Captions, Narrations, Transcripts, content_frame
from annotate.store.lake import Lake
from annotate.store.standing import USABLE, standing


class Compose(Step):
    """Write one caption for each image that was narrated, now or when it got its last caption.

    A recording counts once it has been checked, as long as no check rejects it and its consent
    isn't withdrawn. An image whose recordings are all excluded, or are of another image by now,
    gets an empty caption, so that an older one doesn't stay current.
    """

    name = "caption"
    version = 2
    output = Captions
    id_column = "image_id"
    shard_size = 2048  # each shard scans the narrations once, and a caption takes milliseconds

    def __init__(self, options: CaptionOptions | None = None):
        self.options = options or CaptionOptions()

    def parameters(self) -> Mapping[str, Any]:
        """All options: each can change a caption."""
        return self.options.model_dump()

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The images with a narration or a caption; the key is a hash of its usable narrations.

        `usable` lists those narrations, as recording id, step key and status, sorted by id.
        """
        usable = standing(lake).filter(pl.col("status").is_in(USABLE))
        narrated = lake.current(Narrations).select("image_id", "recording_id", "step_key")
        captioned = lake.current(Captions).select("image_id")
        images = (
            pl.concat([narrated, captioned], how="diagonal")
            .join(usable.select("recording_id", "status"), on="recording_id", how="left")
            .sort("image_id", "recording_id")
            .group_by("image_id", maintain_order=True)
            .agg(
                pl.struct("recording_id", "step_key", "status")
                .filter(pl.col("status").is_not_null())
                .alias("usable")
            )
            .collect()
        )
        keys = [digest([list(one.values()) for one in usable]) for usable in images["usable"]]
        return images.with_columns(input_key=pl.Series(keys, dtype=pl.String))

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Compose image by image."""
        narrated = _narrated(lake, shard)
        for item in shard.iter_rows(named=True):
            narrations = [
                Narration(
                    recording_id=one["recording_id"],
                    status=one["status"],
                    **narrated[one["recording_id"]],
                )
                for one in item["usable"]
            ]
            caption = asdict(compose(item["image_id"], narrations, self.options))
            row = {**caption, "caption_id": caption_id(item["image_id"], item["step_key"])}
            yield Outcome(rows=content_frame(Captions, [row]))


def _narrated(lake: Lake, shard: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The language and words of the usable recordings, by id.

    The language is no separate input: a narration is made again when its transcript is.
    """
    wanted = [one["recording_id"] for usable in shard["usable"] for one in usable]
    only = pl.DataFrame({"recording_id": wanted}, schema={"recording_id": pl.String})
    languages = lake.current(Transcripts, only).select("recording_id", "language")
    rows = (
        lake.current(Narrations, only)
        .select("recording_id", "words")
        .join(languages, on="recording_id", how="left")
        .with_columns(pl.col("language").fill_null("en"))
        .collect()
    )
    return {
        row["recording_id"]: {
            "language": row["language"],
            "words": tuple(NarratedWord(**joining(word)) for word in row["words"]),
        }
        for row in rows.iter_rows(named=True)
    }
