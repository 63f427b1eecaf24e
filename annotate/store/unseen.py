"""Which images must be judged by a person: the one rule, for review and for release.

Decided from the tables, image by image, and never from what a command was given: what was recorded
on a server is reviewed there, whatever else is brought in meanwhile; and an image on which a person
has decided once stays a person's matter, also when its caption is composed again.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from annotate.model.tables import Captions, Recordings, Reviews
from annotate.store.lake import Lake

Unseen = Literal["folders", "all", "none"]
"""Which captions may be accepted without a person: those of images that were described in folders
only and on which no person has decided, every caption, or none."""

SERVER = "label-studio/"
"""What the source of a recording that was made on a server begins with."""


def for_people(lake: Lake, unseen: Unseen) -> pl.LazyFrame:
    """The images whose captions only a person may accept, in the column `image_id`.

    One recording from a server is enough, be it used in the caption, rejected by a check or taken
    back: the image belongs to a project that people review. So is one decision of a person on any
    caption that the image has had.
    """
    images = lake.current(Captions).select("image_id")
    if unseen == "all":
        return images.filter(False)
    if unseen == "none":
        return images
    served = lake.current(Recordings).filter(pl.col("source").str.starts_with(SERVER))
    named = (
        lake.current(Captions)
        .select("image_id", recording_id="recordings")
        .explode("recording_id", empty_as_null=True)
        .join(served.select("recording_id"), on="recording_id", how="semi")
        .select("image_id")
    )
    decided = lake.scan(Reviews).filter(~pl.col("automatic")).select("image_id")
    return pl.concat([served.select("image_id"), named, decided]).unique()
