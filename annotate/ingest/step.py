"""The step `ingest`: hashes, decodes and measures a source's recordings and stores them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from annotate.execution.step import Outcome, Step
from annotate.ingest.consent import NOT_WIDENED, state_consents
from annotate.ingest.folder import Folder
from annotate.ingest.reader import Reader
from annotate.ingest.source import Item, Source
from annotate.ingest.withdraw import Withdrawals, owners
from annotate.media.audio import AudioBounds
from annotate.model.errors import Rejection
from annotate.model.ids import digest, recording_id
from annotate.model.tables import Recordings
from annotate.store.lake import Lake
from annotate.store.pseudonyms import Pseudonyms


class Ingest(Step):
    """Ingests a source's recordings into the lake.

    Args:
        source: A folder with a `manifest.jsonl`, or another `Source`.
        bounds: Limits beyond which a recording is rejected.
        name: A folder's name in the lake; by default its own name and a hash of its path.
        pseudonym_key: See `Pseudonyms`; by default the lake's own.
    """

    name = "ingest"
    output = Recordings
    id_column = "source"
    version = 4

    def __init__(
        self,
        source: Path | Source,
        bounds: AudioBounds | None = None,
        *,
        name: str | None = None,
        pseudonym_key: SecretStr | None = None,
    ):
        self.bounds = bounds or AudioBounds()
        self.source: Source = (
            Folder(source, self.bounds.max_bytes, name) if isinstance(source, Path) else source
        )
        self._pseudonym_key = pseudonym_key

    def parameters(self) -> Mapping[str, Any]:
        """The bounds on length and size; those on decoding time and memory don't change results."""
        return self.bounds.model_dump(exclude={"max_decode_seconds", "max_decode_bytes"})

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The source's items; an input key covers the description and every file it names.

        The consent statements are written first. `held_back` is the reason why an item's scope is
        wider than the consent in force; null where it isn't.
        """
        self._pseudonyms(lake).agree_with(lake)
        items = self._with_pseudonyms(lake, self.source.items(lake))
        held_back = state_consents(lake, items)
        schema = ("source", "input_key", "recording_id", "held_back")
        rows = [
            (
                item.source,
                digest(item.input_key, item.annotator_id, item.source in held_back),
                item.sha256 and recording_id(item.sha256),
                held_back.get(item.source),
            )
            for item in items
        ]
        return pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String), orient="row")

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Decode on as many threads as there are cores; write in the source's order."""
        held_back = dict(shard.select("source", "held_back").drop_nulls().iter_rows())
        for source, detail in held_back.items():
            yield Outcome(rejected=(Rejection(item=source, reason=NOT_WIDENED, detail=detail),))
        names = [name for name in shard["source"].to_list() if name not in held_back]
        items = self._with_pseudonyms(lake, self.source.pick(lake, names))
        reader = Reader(lake, self.source, self.bounds, items)
        withdrawals = Withdrawals(lake, items)
        first = owners(lake, shard.select("recording_id").drop_nulls(), items)
        arriving = [item for item in items if not item.withdrawn]
        for item in items:
            if item.withdrawn:
                yield withdrawals.withdraw(item)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for item, outcome in zip(arriving, pool.map(reader.read, arriving), strict=True):
                yield withdrawals.settle(item, _reject_repeat(item, outcome, first))

    def _pseudonyms(self, lake: Lake) -> Pseudonyms:
        key = self._pseudonym_key.get_secret_value() if self._pseudonym_key else None
        return Pseudonyms(lake, key)

    def _with_pseudonyms(self, lake: Lake, items: Iterable[Item]) -> list[Item]:
        """The items, with pseudonyms in place of annotators' names."""
        pseudonym = cache(self._pseudonyms(lake).of)
        return [
            replace(one, annotator_id=pseudonym(one.annotator_id)) if one.annotator_id else one
            for one in items
        ]


def _reject_repeat(item: Item, outcome: Outcome, owners: dict[str, str]) -> Outcome:
    """Reject bytes that were ingested before under another name."""
    if outcome.rows is None:
        return outcome
    recording = outcome.rows["recording_id"].item()
    owner = owners.setdefault(recording, item.source)
    if owner == item.source:
        return outcome
    detail = (
        f"the same bytes as {owner}, which keeps them; if this is that folder, moved or renamed, "
        "ingest it under the name that it had: --name"
    )
    return Outcome(rejected=(Rejection(item=item.source, reason="duplicate_audio", detail=detail),))
