"""Recordings in from a source: hash, decode, probe, keep the bytes, write the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from annotate.ingest.folder import Folder
from annotate.ingest.reader import Reader
from annotate.ingest.source import Item, Source
from annotate.ingest.withdraw import WITHDRAWN, Withdrawals
from annotate.media.audio import AudioBounds
from annotate.model.errors import Rejection
from annotate.model.ids import recording_id
from annotate.model.tables import Recordings
from annotate.store.lake import Lake
from annotate.store.step import Outcome, Step


class Ingest(Step):
    """Bring a source's recordings into the lake.

    Args:
        source: A folder in which `manifest.jsonl` lies, or another `Source`.
        bounds: What a recording may cost before it is refused.
    """

    name = "ingest"
    output = Recordings
    id_column = "source"
    version = 2

    def __init__(self, source: Path | Source, bounds: AudioBounds | None = None):
        self.bounds = bounds or AudioBounds()
        self.source: Source = (
            Folder(source, self.bounds.max_bytes) if isinstance(source, Path) else source
        )

    def parameters(self) -> Mapping[str, Any]:
        """The bounds on length and size; the time allowed for decoding can't change a result."""
        return self.bounds.model_dump(exclude={"max_decode_seconds"})

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """What the source has; an input key covers the description and every file it names."""
        schema = {"source": pl.String, "input_key": pl.String, "recording_id": pl.String}
        rows = [
            (item.source, item.input_key, item.sha256 and recording_id(item.sha256))
            for item in self.source.items(lake)
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Decode on as many threads as there are cores; write in the source's order."""
        items = self.source.pick(lake, shard["source"].to_list())
        reader = Reader(lake, self.source, self.bounds, items)
        withdrawals = Withdrawals(lake, items)
        ids = shard.select("recording_id").drop_nulls()
        known = lake.current(Recordings, only=ids).filter(
            pl.col("consent").struct.field("scope") != WITHDRAWN
        )
        owners: dict[str, str] = dict(known.select("recording_id", "source").collect().iter_rows())
        arriving = [item for item in items if not item.withdrawn]
        for item in items:
            if item.withdrawn:
                yield withdrawals.take_back(item)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for item, outcome in zip(arriving, pool.map(reader.read, arriving), strict=True):
                yield withdrawals.settle(item, _refuse_repeat(item, outcome, owners))


def _refuse_repeat(item: Item, outcome: Outcome, owners: dict[str, str]) -> Outcome:
    """Refuse bytes that came in before under another name. The first to come keeps them."""
    if outcome.rows is None:
        return outcome
    recording = outcome.rows["recording_id"].item()
    owner = owners.setdefault(recording, item.source)
    if owner == item.source:
        return outcome
    detail = f"the same bytes as {owner}"
    return Outcome(rejected=(Rejection(item=item.source, reason="duplicate_audio", detail=detail),))
