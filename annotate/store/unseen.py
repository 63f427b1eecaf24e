"""Images whose captions require a person's decision, for review and for release.

The rule depends on the tables alone, image by image, and not on a command's arguments. Recordings
made on a server are reviewed there, whatever else is ingested meanwhile. An image with a person's
decision requires one from then on, also when its caption is composed again.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from annotate.model.tables import Captions, Recordings, Reviews
from annotate.store.lake import Lake

Unseen = Literal["folders", "all", "none"]
"""Captions that may be accepted without a person: `folders`, those of images that were described in
folders only and on which no person has decided; `all`; or `none`."""

SERVER = "label-studio/"
"""Prefix of the source of a recording that was made on a server."""


def for_people(lake: Lake, unseen: Unseen) -> pl.LazyFrame:
    """The images whose captions only a person may accept, in the column `image_id`.

    One recording from a server is sufficient, whether used in the caption, rejected by a check or
    withdrawn: the image belongs to a project that people review. One decision of a person on any
    caption of the image is sufficient too.
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
