"""Recordings in from a source: hash, decode, probe, keep the bytes, write the rows."""

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
    """Bring a source's recordings into the lake.

    Args:
        source: A folder in which `manifest.jsonl` lies, or another `Source`.
        bounds: What a recording may cost before it is refused.
        name: What a folder is called in the lake; by default its own name and a hash of its path.
        pseudonym_key: See `Pseudonyms`; without one, the lake's own.
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
        """The bounds on length and size; what decoding may cost can't change a result."""
        return self.bounds.model_dump(exclude={"max_decode_seconds", "max_decode_bytes"})

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """What the source has; an input key covers the description and every file it names.

        Before anything else what it says about consent is written. `held_back` says why an item's
        consent isn't as wide as it asks for; null where it is.
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
                yield withdrawals.take_back(item)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for item, outcome in zip(arriving, pool.map(reader.read, arriving), strict=True):
                yield withdrawals.settle(item, _reject_repeat(item, outcome, first))

    def _pseudonyms(self, lake: Lake) -> Pseudonyms:
        key = self._pseudonym_key.get_secret_value() if self._pseudonym_key else None
        return Pseudonyms(lake, key)

    def _with_pseudonyms(self, lake: Lake, items: Iterable[Item]) -> list[Item]:
        """The items, whose annotators' names go no further."""
        pseudonym = cache(self._pseudonyms(lake).of)
        return [
            replace(one, annotator_id=pseudonym(one.annotator_id)) if one.annotator_id else one
            for one in items
        ]


def _reject_repeat(item: Item, outcome: Outcome, owners: dict[str, str]) -> Outcome:
    """Refuse bytes that came in before under another name. The first to come keeps them."""
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
