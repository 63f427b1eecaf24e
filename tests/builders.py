"""Builders of valid rows; a test passes only the values that it depends on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from annotate.model.ids import image_id, recording_id
from annotate.model.tables import STAMPED, Table, dtypes
from annotate.store.deltalog import NOTES
from annotate.store.lake import Lake

Row = dict[str, Any]


def sha(name: str) -> str:
    """A SHA-256 for the given name."""
    return hashlib.sha256(name.encode()).hexdigest()


def rec(name: str = "a") -> str:
    """The id of the recording with the given name."""
    return recording_id(sha(name))


def img(name: str = "a") -> str:
    """The id of the image with the given name."""
    return image_id(sha(name))


def an_image(name: str = "a", /, **over: Any) -> Row:
    """A row of `images`, whose file is its own clean copy."""
    row = {
        "image_id": img(name),
        "sha256": sha(name),
        "blob": f"blobs/images/{sha(name)[:2]}/{sha(name)}.jpg",
        "media_type": "image/jpeg",
        "bytes": 1000,
        "width": 640,
        "height": 480,
        "name": f"{name}.jpg",
        **over,
    }
    clean = {f"clean_{key}": row[key] for key in ("sha256", "blob", "bytes")}
    return {**clean, **row}


def a_recording(name: str = "a", /, **over: Any) -> Row:
    """A row of `recordings`: 70 s of clean speech, in a file that is its own clean copy."""
    row = {
        "recording_id": rec(name),
        "source": f"test/recordings/{name}.webm",
        "image_id": img("a"),
        "annotator_id": "ann-01",
        "sha256": sha(name),
        "pcm_sha256": sha(f"pcm {name}"),
        "blob": f"blobs/audio/{sha(name)[:2]}/{sha(name)}.webm",
        "container": "webm",
        "codec": "opus",
        "bytes": 280_000,
        "sample_rate": 48_000,
        "channels": 1,
        "track": 1,
        "used_channels": [1],
        "duration_ms": 70_000,
        "filled_ms": 0,
        "client_ms": 70_050,
        "clipped_frac": 0.0,
        "peak_dbfs": -3.0,
        "rms_dbfs": -22.0,
        "trace_points": 400,
        "trace_end_ms": 69_000,
        "trace_outside_frac": 0.0,
        "trace_extent_frac": 0.8,
        "language": "en",
        "prompts": [],
        "recorded_at": "2026-11-01T09:03:11Z",
        "synthetic_voice": True,
        **over,
    }
    clean = {f"clean_{key}": row[key] for key in ("sha256", "blob", "bytes")}
    return {**clean, **row}


def a_consent(name: str = "a", /, scope: str = "public", **over: Any) -> Row:
    """A row of `consents`."""
    return {
        "recording_id": rec(name),
        "source": "test",
        "annotator_id": "ann-01",
        "scope": scope,
        "at": "2026-11-01T09:00:00Z",
        "statement": "test-v1",
        **over,
    }


def a_verdict(name: str = "a", /, status: str = "pass", **over: Any) -> Row:
    """A row of `verdicts` of an existing check."""
    return {
        "recording_id": rec(name),
        "check": "is_silent",
        "status": status,
        "value": 1.0,
        "threshold": 2.0,
        "reason": None if status == "pass" else "silent",
        "detail": "a test",
        **over,
    }


def words(text: str, *, start_ms: int = 0, each_ms: int = 300, **over: Any) -> list[Row]:
    """Words of a transcript, without gaps."""
    return [
        {
            "text": word,
            "start_ms": start_ms + index * each_ms,
            "end_ms": start_ms + (index + 1) * each_ms,
            "probability": 0.9,
            "segment": 0,
            "interpolated": False,
            **over,
        }
        for index, word in enumerate(text.split())
    ]


def a_transcript(text: str = "a cat on a sofa.", name: str = "a", **over: Any) -> Row:
    """A row of `transcripts`: one confident segment."""
    spoken = over.pop("words", None) or words(text)
    end_ms = spoken[-1]["end_ms"] if spoken else 0
    span = {"start_ms": 0, "end_ms": end_ms}
    doubts = {"avg_logprob": -0.2, "no_speech_prob": 0.01, "compression_ratio": 1.4}
    segment = {**span, "text": text, **doubts, "temperature": 0.0}
    return {
        "recording_id": rec(name),
        "engine": "test",
        "model": "test",
        "model_sha256": sha("model"),
        "options": "{}",
        "language": "en",
        "duration_ms": max(70_000, end_ms),
        "text": text,
        "segments": [segment] if spoken else [],
        "words": spoken,
        "speech": [span] if spoken else [],
        "speech_dbfs": -22.0 if spoken else None,
        "noise_dbfs": -60.0,
        "transients_ms": [],
        **over,
    }


def narrated(text: str, *, start_ms: int = 0, each_ms: int = 300, **over: Any) -> list[Row]:
    """Words of a narration, without points by default."""
    no_point = {"x_frac": None, "y_frac": None, "tie": "none"}
    copied = ("text", "start_ms", "end_ms", "probability")
    return [
        {**{key: word[key] for key in copied}, **no_point, **over}
        for word in words(text, start_ms=start_ms, each_ms=each_ms)
    ]


def a_narration(text: str = "a cat on a sofa.", name: str = "a", **over: Any) -> Row:
    """A row of `narrations` without phrases."""
    return {
        "recording_id": rec(name),
        "image_id": img("a"),
        "annotator_id": "ann-01",
        "words": narrated(text),
        "phrases": [],
        **over,
    }


def frame(table: type[Table], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows with the table's columns; `step_key` is "test" unless given."""
    schema = {name: kind for name, kind in dtypes(table).items() if name not in STAMPED}
    return pl.DataFrame([{"step_key": "test", **row} for row in rows], schema=schema)


def lake_with(root: Path, tables: Mapping[type[Table], Iterable[Mapping[str, Any]]]) -> Lake:
    """A lake at `root` with these rows."""
    lake = Lake(root)
    for table, rows in tables.items():
        broken = lake.append(table, frame(table, rows))
        assert broken.is_empty(), broken.to_dicts()
    return lake


def without_table(root: Path, name: str) -> None:
    """Delete a table from a lake, as if it had never been written."""
    shutil.rmtree(root / "tables" / name)
    (root / "tables" / NOTES / name).unlink(missing_ok=True)
