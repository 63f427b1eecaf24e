"""Data of the tryout's page: each described image with its words and failed checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from annotate.media.clean_image import clean_copy
from annotate.model.errors import RejectedError
from annotate.model.ids import digest
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Recordings,
    Table,
    Traces,
    Transcripts,
)
from annotate.release.viewer import viewer_image
from annotate.store.lake import Lake
from annotate.store.standing import standing, verdicts

DOUBTFUL = 0.5
"""Words with a recognizer probability below this are marked."""

YOU = "you"
"""The annotator's name, instead of a pseudonym: there is only one annotator."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The page's data.

    Attributes:
        images: In the format of `viewer.js`, with `notes`; the one described last comes first.
        counts: In the format of `annotate.release.page.numbers`.
        refused: One sentence per rejected submission.
    """

    images: Sequence[Mapping[str, Any]]
    counts: Mapping[str, int]
    refused: Sequence[str]


class PageReader:
    """Reads the page's data from the lake; images that haven't changed are cached."""

    def __init__(self, lake: Lake):
        self._lake = lake
        self._made: dict[str, Mapping[str, Any]] = {}

    def read(self) -> Shown:
        """The current data."""
        found = _Found(self._lake)
        made: dict[str, Mapping[str, Any]] = {}
        for image_id in found.order():
            key = found.key(image_id)
            try:
                made[key] = self._made.get(key) or _image(self._lake, found, image_id)
            except RejectedError:
                continue  # an image that can't be decoded; ingest rejects such images
        self._made = made
        images = list(made.values())
        return Shown(images=images, counts=_counts(images), refused=_refused(self._lake))


class _Found:
    """The rows of recordings with a valid consent."""

    def __init__(self, lake: Lake):
        self.standing = {row["recording_id"]: row for row in _rows(standing(lake))}
        rows = _rows(lake.current(Recordings).sort("written_at", "recording_id"))
        self.recordings = {
            row["recording_id"]: row
            for row in rows
            if self.standing.get(row["recording_id"], {}).get("status") not in (None, "withdrawn")
        }
        self.images = _by(lake, Images, "image_id")
        self.captions = _by(lake, Captions, "image_id")
        self.transcripts = _by(lake, Transcripts, "recording_id")
        self.narrations = _by(lake, Narrations, "recording_id")
        self.traces = _by(lake, Traces, "recording_id")
        self.failing: dict[str, list[Row]] = defaultdict(list)
        for row in _rows(verdicts(lake).filter(pl.col("status") != "pass").sort("check")):
            self.failing[row["recording_id"]].append(row)

    def order(self) -> list[str]:
        """The images with a processed recording, the one described last first."""
        ready = [one for one in self.recordings.values() if self._is_ready(one["recording_id"])]
        return list(dict.fromkeys(one["image_id"] for one in reversed(ready)))

    def of(self, image_id: str) -> list[Row]:
        """An image's processed recordings, oldest first."""
        return [
            one
            for one in self.recordings.values()
            if one["image_id"] == image_id and self._is_ready(one["recording_id"])
        ]

    def key(self, image_id: str) -> str:
        """Cache key: a hash of everything that determines what is shown of an image."""
        ids = [one["recording_id"] for one in self.of(image_id)]
        caption = self.captions.get(image_id, {}).get("caption_id")
        keys = [self.narrations.get(one, {}).get("step_key") for one in ids]
        failing = [[row["step_key"] for row in self.failing[one]] for one in ids]
        return digest(image_id, caption, ids, keys, failing)

    def _is_ready(self, recording: str) -> bool:
        return recording in self.narrations and self.standing[recording]["status"] != "unchecked"


def _image(lake: Lake, found: _Found, image_id: str) -> Mapping[str, Any]:
    image = found.images[image_id]
    ids = [one["recording_id"] for one in found.of(image_id)]
    blobs = {"images": clean_copy(lake.blobs, image).blob}
    caption = found.captions.get(image_id, {"text": "", "lineage": [], "recordings": []})
    shown = viewer_image(
        {
            **{key: image[key] for key in ("image_id", "width", "height")},
            **{"image_name": image["name"], "split": "", "automatic_review": False},
            **{"caption": caption["text"], "lineage": caption["lineage"]},
            "recordings": [_source(found, one) for one in ids],
        },
        [_narration(found, one) for one in ids],
        lambda kind, item: lake.blobs.get(
            blobs["images"] if kind == "images" else found.recordings[item]["blob"]
        ),
    )
    for recording in shown["recordings"]:
        words = found.narrations[recording["id"]]["words"]
        _mark(recording["words"], [word["probability"] for word in words])
    _mark(shown["caption"], [_probability(found, one) for one in caption["lineage"]])
    return {**shown, "notes": _notes(found, ids, caption["recordings"])}


def _source(found: _Found, recording: str) -> Row:
    row = found.recordings[recording]
    transcript = found.transcripts.get(recording, {"language": None, "model": None})
    return {
        **{key: row[key] for key in ("recording_id", "duration_ms", "synthetic_voice")},
        **{"annotator_id": YOU, "language": transcript["language"], "model": transcript["model"]},
    }


def _narration(found: _Found, recording: str) -> Row:
    trace = found.traces.get(recording, {})
    narration = found.narrations[recording]
    return {
        **{"recording_id": recording, "words": narration["words"]},
        "trace": {"segments": trace.get("segments"), "points": trace.get("points")},
    }


def _probability(found: _Found, word: Row) -> float | None:
    """The probability of a caption's word; None for a word that was not spoken."""
    narrated = found.narrations.get(word["recording_id"] or "", {}).get("words", [])
    index = word["word"]
    return None if index is None or index >= len(narrated) else narrated[index]["probability"]


def _mark(tokens: Sequence[Row], probabilities: Sequence[float | None]) -> None:
    for token, probability in zip(tokens, probabilities, strict=False):
        if probability is not None and probability < DOUBTFUL:
            token["doubtful"] = round(probability, 2)


def _notes(found: _Found, ids: Sequence[str], used: Sequence[str]) -> list[str]:
    """A sentence for each failed check and for each recording that the caption doesn't use."""
    notes = []
    for number, one in enumerate(ids, start=1):
        which = f"Recording {number}" if len(ids) > 1 else "Your recording"
        if one not in used:
            notes.append(f"{which} is not in the caption.")
        notes += [f"{which}: {row['detail']}" for row in found.failing[one]]
    return notes


def _counts(images: Sequence[Mapping[str, Any]]) -> Counter[str]:
    captions = [token for image in images for token in image["caption"] if token["text"]]
    recordings = [one for image in images for one in image["recordings"]]
    return Counter(
        images=len(images),
        recordings=len(recordings),
        audio_ms=sum(one["duration"] for one in recordings),
        words=len(captions),
        grounded_words=sum("x" in token for token in captions),
    )


def _refused(lake: Lake) -> list[str]:
    rows = lake.quarantined().sort("step", "item").iter_rows(named=True)
    return [f"{row['reason'].replace('_', ' ')}: {row['detail']}" for row in rows]


def _by(lake: Lake, table: type[Table], name: str) -> dict[str, Row]:
    return {row[name]: row for row in _rows(lake.current(table))}


def _rows(frame: pl.LazyFrame) -> list[Row]:
    return frame.collect().to_dicts()
