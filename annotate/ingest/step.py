"""Recordings in from a folder: hash, decode, probe, keep the bytes, write the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from annotate.ingest.folder import Folder, Item
from annotate.ingest.manifest import ManifestRow
from annotate.ingest.probe import probe_image, probe_sound
from annotate.ingest.traces import parse_trace
from annotate.model.errors import RejectedError, Rejection
from annotate.model.ids import image_id, recording_id, sha256_hex
from annotate.model.pointer import Trace
from annotate.model.tables import Images, Recordings, Traces, content_frame
from annotate.store.audio import AudioBounds, decode
from annotate.store.lake import Lake
from annotate.store.step import Outcome, Step


class Ingest(Step):
    """Bring a folder's recordings into the lake.

    Args:
        folder: Where `manifest.jsonl` lies.
        bounds: What a recording may cost before it is refused.
    """

    name = "ingest"
    output = Recordings
    id_column = "source"

    def __init__(self, folder: Path, bounds: AudioBounds | None = None):
        self.bounds = bounds or AudioBounds()
        self.folder = Folder(folder, self.bounds.max_bytes)

    def parameters(self) -> Mapping[str, Any]:
        """The bounds on length and size; the time allowed for decoding can't change a result."""
        return self.bounds.model_dump(exclude={"max_decode_seconds"})

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The manifest's lines; a line's input key hashes it and every file that it names."""
        schema = {"source": pl.String, "input_key": pl.String, "recording_id": pl.String}
        rows = [
            (item.source, item.input_key, item.sha256 and recording_id(item.sha256))
            for item in self.folder.items.values()
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Decode on as many threads as there are cores; write in the manifest's order."""
        reader = _Reader(lake, self.folder, self.bounds)
        ids = shard.select("recording_id").drop_nulls()
        known = lake.current(Recordings, only=ids).select("recording_id", "source").collect()
        owners: dict[str, str] = dict(known.iter_rows())
        items = [self.folder.items[source] for source in shard["source"]]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for item, outcome in zip(items, pool.map(reader.read, items), strict=True):
                yield _refuse_repeat(item, outcome, owners)


class _Reader:
    """Turns one line of the manifest into rows; safe to use from several threads."""

    def __init__(self, lake: Lake, folder: Folder, bounds: AudioBounds):
        self.lake = lake
        self.folder = folder
        self.bounds = bounds
        self.image = lru_cache(maxsize=256)(self._image)

    def read(self, item: Item) -> Outcome:
        try:
            return self._read(item)
        except RejectedError as refusal:
            return Outcome(rejected=(refusal.of(item.source),))

    def _read(self, item: Item) -> Outcome:
        row = item.row()
        if row.consent is None:
            raise RejectedError("no_consent", "the manifest has no consent for this recording")
        image_row = self.image(row.image)
        audio = self.folder.read(row.recording, "missing_audio")
        pcm = decode(audio, self.bounds)
        trace = parse_trace(self.folder.read(row.trace, "missing_trace")) if row.trace else Trace()
        sha256 = sha256_hex(audio)
        recording = {
            "recording_id": recording_id(sha256),
            "source": item.source,
            "image_id": image_row["image_id"],
            "sha256": sha256,
            "blob": self.lake.blobs.put("audio", audio, pcm.container),
            "bytes": len(audio),
            "container": pcm.container,
            "codec": pcm.codec,
            "sample_rate": pcm.sample_rate,
            "channels": pcm.channels,
            "duration_ms": pcm.duration_ms,
            **asdict(probe_sound(pcm)),
            **_as_described(row),
        }
        traced = {"recording_id": recording["recording_id"], **asdict(trace)}
        return Outcome(
            rows=content_frame(Recordings, [recording]),
            before=(
                (Images, content_frame(Images, [image_row])),
                (Traces, content_frame(Traces, [traced])),
            ),
            audio_ms=pcm.duration_ms,
        )

    def _image(self, name: str) -> dict[str, Any]:
        data = self.folder.read(name, "unknown_image")
        facts = probe_image(data)
        sha256 = sha256_hex(data)
        return {
            "image_id": image_id(sha256),
            "sha256": sha256,
            "blob": self.lake.blobs.put("images", data, facts.suffix),
            "media_type": facts.media_type,
            "bytes": len(data),
            "width": facts.width,
            "height": facts.height,
            "name": Path(name).name,
        }


def _as_described(row: ManifestRow) -> dict[str, Any]:
    """The columns that are taken from the manifest's word."""
    plain = row.model_dump(exclude={"recording", "image", "trace", "annotator"})
    return {**plain, "annotator_id": row.annotator, "prompts": list(plain["prompts"])}


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
