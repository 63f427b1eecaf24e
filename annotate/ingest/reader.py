"""Conversion of one item of a source to rows: read, verify, decode, measure, store the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from annotate.execution.step import Outcome
from annotate.ingest.edits import Corrections
from annotate.ingest.manifest import ManifestRow
from annotate.ingest.probe import read_sound
from annotate.ingest.source import Item, Source
from annotate.ingest.trace_clock import Length
from annotate.ingest.traces import MAX_BYTES, measure_trace, parse_trace
from annotate.media.audio import AudioBounds
from annotate.media.clean_image import open_image, put_clean
from annotate.media.clean_sound import put_clean_sound
from annotate.model.errors import RejectedError
from annotate.model.ids import image_id, recording_id, sha256_hex
from annotate.model.pointer import Trace
from annotate.model.tables import BOOKKEEPING, Images, Recordings, Traces, content_frame
from annotate.store.lake import Lake


class Reader:
    """Converts the items of one shard to rows; safe to use from several threads.

    Args:
        items: The shard's items. An image that the lake has already, by its expected hash, isn't
            read again.
    """

    def __init__(self, lake: Lake, source: Source, bounds: AudioBounds, items: Sequence[Item]):
        self._lake = lake
        self._source = source
        self._bounds = bounds
        self._known = _known_images(lake, items)
        self._edits = Corrections(lake, items)
        self._image = lru_cache(maxsize=256)(self._read_image)

    def read(self, item: Item) -> Outcome:
        """The item's rows, or its rejection."""
        try:
            return self._read(item)
        except RejectedError as error:
            return Outcome(rejected=(error.of(item.source),))

    def _read(self, item: Item) -> Outcome:
        row = item.row()
        if row.consent is None:
            raise RejectedError("no_consent", "the manifest has no consent for this recording")
        image_row = self._image(row.image, item.image_name, item.image_sha256)
        audio = self._source.read(row.recording, "missing_audio")
        if item.sha256 is None:
            raise RejectedError(
                "hash_mismatch", f"{row.recording} was added while the folder was read"
            )
        sha256 = _verified(audio, item.sha256, row.recording)
        sound, clean = read_sound(audio, self._bounds)
        length = Length(
            duration_ms=sound.duration_ms, client_ms=row.client_ms, recorded_at=row.recorded_at
        )
        trace = self._trace(row, length)
        recording = {
            "recording_id": recording_id(sha256),
            "source": item.source,
            "image_id": image_row["image_id"],
            "sha256": sha256,
            "blob": self._lake.blobs.put("audio", audio, sound.container),
            "bytes": len(audio),
            **asdict(sound),
            **put_clean_sound(self._lake.blobs, clean),
            **asdict(measure_trace(trace, length)),
            "annotator_id": item.annotator_id,
            **_as_described(row),
        }
        traced = {"recording_id": recording["recording_id"], **asdict(trace)}
        return Outcome(
            rows=content_frame(Recordings, [recording]),
            before=(
                (Images, content_frame(Images, [image_row])),
                (Traces, content_frame(Traces, [traced])),
                *self._edits.rows(item, recording["recording_id"]),
            ),
            audio_ms=sound.duration_ms,
        )

    def _trace(self, row: ManifestRow, length: Length) -> Trace:
        if row.trace is None:
            return Trace()
        return parse_trace(self._source.read(row.trace, "missing_trace", MAX_BYTES), length)

    def _read_image(self, path: str, name: str | None, expected: str | None) -> dict[str, Any]:
        if expected in self._known:
            return self._known[expected]
        data = self._source.read(path, "unknown_image")
        sha256 = _verified(data, expected, path)
        try:
            picture = open_image(data)
        except RejectedError as error:
            raise RejectedError(error.reason, f"{path}: {error.detail}") from error
        clean = put_clean(self._lake.blobs, picture)
        return {
            "image_id": image_id(sha256),
            "sha256": sha256,
            "blob": self._lake.blobs.put("images", data, picture.suffix),
            "media_type": picture.media_type,
            "bytes": len(data),
            "width": picture.width,
            "height": picture.height,
            "name": name or PurePosixPath(path).name,
            "clean_sha256": clean.sha256,
            "clean_blob": clean.blob,
            "clean_bytes": clean.bytes,
        }


def _known_images(lake: Lake, items: Sequence[Item]) -> dict[str | None, dict[str, Any]]:
    """The rows of the images that the lake has with their clean copies, by hash."""
    expected = {item.image_sha256 for item in items if item.image_sha256}
    if not expected:
        return {}
    ids = pl.DataFrame({"image_id": sorted(map(image_id, expected))})
    known = lake.current(Images, only=ids).filter(pl.col("clean_blob").is_not_null())
    rows = known.drop(BOOKKEEPING).collect()
    return {row["sha256"]: row for row in rows.iter_rows(named=True)}


def _verified(data: bytes, expected: str | None, name: str) -> str:
    """The hash of the bytes.

    Raises:
        RejectedError: `hash_mismatch`, if they don't have the expected hash.
    """
    sha256 = sha256_hex(data)
    if expected is not None and sha256 != expected:
        detail = f"{name} has the SHA-256 {sha256[:12]}…, {expected[:12]}… was expected"
        raise RejectedError("hash_mismatch", detail)
    return sha256


def _as_described(row: ManifestRow) -> dict[str, Any]:
    """The columns that are copied from the manifest."""
    plain = row.model_dump(exclude={"recording", "image", "trace", "annotator", "consent"})
    return {**plain, "prompts": list(plain["prompts"])}
