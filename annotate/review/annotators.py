"""The annotators of a caption's recordings: nobody reviews a caption with their own words.

The accounts are those of the server's own records, which ingest wrote to `submissions`. Every row
that was ever written there counts: later changes of an annotation exclude no annotator.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from annotate.model.tables import Recordings, Submissions
from annotate.store.lake import Lake

ACCOUNT = r"^ls-([0-9]{1,18})$"
"""The form of a name by `annotate.label_studio.mapping.account_name` for an existing account."""


def recorded_by(lake: Lake, captions: pl.DataFrame) -> Mapping[str, frozenset[int]]:
    """The accounts that made the recordings of each caption, where it has any from a server.

    Args:
        captions: `caption_id` and `recordings`.
    """
    named = captions.select("caption_id", recording_id="recordings").explode("recording_id")
    only = named.select("recording_id").drop_nulls().unique()
    sources = lake.current(Recordings, only).select("recording_id", "source")
    account = pl.col("described").str.json_path_match("$.annotator").str.extract(ACCOUNT)
    submitters = (
        lake.scan(Submissions).select("source", account=account.cast(pl.Int64)).drop_nulls()
    )
    found: dict[str, set[int]] = {}
    rows = named.lazy().join(sources, on="recording_id").join(submitters.unique(), on="source")
    for caption, one in rows.select("caption_id", "account").collect().iter_rows():
        found.setdefault(caption, set()).add(one)
    return {caption: frozenset(accounts) for caption, accounts in found.items()}
