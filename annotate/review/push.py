"""Captions to reviewers: each that no person has decided on becomes a task of a project."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from annotate.evaluation.gate import REASON, explain, unsupported
from annotate.label_studio.client import Studio
from annotate.label_studio.offer import Offer, review_task
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.tables import Captions
from annotate.review.gather import Gathered, Told
from annotate.review.refused import by_reason, refuse, resolve
from annotate.review.remux import Sound, playable
from annotate.review.undecided import undecided
from annotate.store.lake import Lake

STEP = "push"

CHUNK = 50
"""Captions an import: so much is done again, at worst, if it is cut off."""

Progress = Callable[[int, int], None]
"""Called with how many captions are done and how many there are to push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What became of the captions that no person has decided on.

    Attributes:
        undecided: How many there are.
        there: Tasks for them that the project had before.
        pushed: Tasks that were added.
        refused: Captions that couldn't be shown, by reason; they lie in quarantine.
        outdated: The project's tasks whose caption has been composed anew since.
        seconds: Wall-clock time spent.
    """

    undecided: int
    there: int
    pushed: int
    refused: dict[str, int] = field(default_factory=dict)
    outdated: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as a plain dictionary."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def push(
    lake: Lake,
    studio: Studio,
    project: int,
    bounds: AudioBounds | None = None,
    progress: Progress | None = None,
) -> PushReport:
    """Add a task for each caption that wants a decision and has none; a second call adds nothing.

    Raises:
        AnnotateError: If the server fails; what was added before that stays.
    """
    started = time.monotonic()
    open_ones = undecided(lake).select(Captions.columns().keys()).sort("caption_id").collect()
    there = studio.task_data(project, "caption_id")
    missing = open_ones.filter(~pl.col("caption_id").is_in(list(there)))
    newest = set(lake.current(Captions).select("caption_id").collect()["caption_id"])
    media = studio.media_project() if missing.height else 0
    faults = explain(unsupported(lake, missing.with_columns(fixed=pl.lit(False))))
    refusals: list[Rejection] = []
    pushed = 0
    for start in range(0, missing.height, CHUNK):
        chunk = missing.slice(start, CHUNK)
        tasks, refused = _tasks(lake, studio, media, chunk, faults, bounds)
        pushed += studio.import_tasks(project, tasks)
        refusals += refused
        if progress:
            progress(min(start + CHUNK, missing.height), missing.height)
    keys = dict(missing.select("caption_id", "step_key").iter_rows())
    refuse(lake, STEP, refusals, keys)
    resolve(lake, STEP, sorted(keys.keys() - {one.item for one in refusals}))
    return PushReport(
        undecided=open_ones.height,
        there=open_ones.height - missing.height,
        pushed=pushed,
        refused=by_reason(refusals),
        outdated=len(there - newest),
        seconds=time.monotonic() - started,
    )


def _tasks(
    lake: Lake,
    studio: Studio,
    media: int,
    captions: pl.DataFrame,
    faults: Mapping[str, str],
    bounds: AudioBounds | None,
) -> tuple[list[dict[str, Any]], list[Rejection]]:
    gathered = Gathered(lake, captions)
    tasks, refused = [], []
    for caption in captions.iter_rows(named=True):
        try:
            image = gathered.image(caption["image_id"])
            told = gathered.told(caption["recordings"])
            if caption["caption_id"] in faults:  # no reviewer should have to find it
                raise RejectedError(REASON, faults[caption["caption_id"]])
            tasks.append(review_task(_offer(lake, studio, media, caption, image, told, bounds)))
        except RejectedError as refusal:
            refused.append(refusal.of(caption["caption_id"]))
    return tasks, refused


def _offer(
    lake: Lake,
    studio: Studio,
    media: int,
    caption: dict[str, Any],
    image: dict[str, Any],
    told: list[Told],
    bounds: AudioBounds | None,
) -> Offer:
    picture = _blob(lake, image["blob"], "unknown_image")
    sound = playable([_blob(lake, one.recording["blob"], "missing_audio") for one in told], bounds)
    suffix = image["blob"].rpartition(".")[2]
    return Offer(
        caption_id=caption["caption_id"],
        image_id=caption["image_id"],
        text=caption["text"],
        # Uploaded last: what is refused leaves nothing behind at the server.
        image=studio.upload(media, f"{caption['image_id']}.{suffix}", picture),
        audio=studio.upload(media, f"{caption['caption_id']}.webm", sound.data),
        width=image["width"],
        height=image["height"],
        version=caption["step_key"],
        **_narration(told, sound),
    )


def _narration(told: list[Told], sound: Sound) -> dict[str, Any]:
    passages, places, doubts = [], [], []
    for one, starts_ms in zip(told, sound.starts_ms, strict=True):
        who = f"{one.recording['annotator_id']}: " if len(told) > 1 else ""
        passages += one.passages(starts_ms)
        places += one.places()
        doubts += [who + line for line in one.doubts]
    return {"passages": tuple(passages), "places": tuple(places), "doubts": tuple(doubts)}


def _blob(lake: Lake, key: str, missing: str) -> bytes:
    try:
        return lake.blobs.get(key)
    except AnnotateError as error:  # one lost file holds up no other caption
        raise RejectedError(missing, str(error)) from error
