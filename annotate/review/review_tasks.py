"""Conversion of captions to review tasks, with files that only reviewers can read."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from annotate.evaluation.gate import REASON, explain, unsupported
from annotate.label_studio.client import Studio
from annotate.label_studio.review_task import ReviewTask, review_task
from annotate.media.audio import AudioBounds
from annotate.media.clean_image import CleanCopy, clean_copy
from annotate.media.opus_splice import Sound
from annotate.media.playback_audio import is_plain, playable
from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.unexpected import is_unexpected, rejection
from annotate.review.annotators import recorded_by
from annotate.review.evidence import evidence
from annotate.review.review_context import RecordingContext, ReviewContext
from annotate.store.lake import Lake

Task = dict[str, Any]

AT_ONCE = 4
"""Captions processed at a time."""


class TaskBuilder:
    """Makes tasks from captions; memory is bounded for many captions, a chunk at a time.

    Args:
        captions: All captions that tasks will be requested for, as rows of `captions`.
        bounds: The limits beyond which a recording is rejected.
    """

    def __init__(
        self, lake: Lake, studio: Studio, captions: pl.DataFrame, bounds: AudioBounds | None
    ):
        self.captions = captions
        self._lake = lake
        self._studio = studio
        self._bounds = bounds
        self._annotators = recorded_by(lake, captions)
        self._errors = explain(unsupported(lake, captions.with_columns(fixed=pl.lit(False))))

    def tasks(self, captions: pl.DataFrame) -> tuple[dict[str, Task], list[Rejection]]:
        """The tasks of these captions, by caption, and those that can't be shown.

        Raises:
            AnnotateError: If the server fails.
        """
        context = ReviewContext(self._lake, captions)
        rows = captions.to_dicts()
        # A caption waits in turn for the disk, for the process that decodes files, for the server.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = list(pool.map(lambda row: self._task_or_rejection(row, context), rows))
        tasks = {
            row["caption_id"]: one
            for row, one in zip(rows, made, strict=True)
            if not isinstance(one, Rejection)
        }
        return tasks, [one for one in made if isinstance(one, Rejection)]

    def _task_or_rejection(
        self, caption: Mapping[str, Any], context: ReviewContext
    ) -> Task | Rejection:
        name = caption["caption_id"]
        try:
            return self._task(caption, context)
        except RejectedError as rejected:
            return rejected.of(name)
        except BaseException as error:
            if not is_unexpected(error):
                raise
            return rejection(name, error)

    def _task(self, caption: Mapping[str, Any], context: ReviewContext) -> Task:
        image = context.image(caption["image_id"])
        contexts = context.of_recordings(caption["recordings"])
        if error := self._errors.get(caption["caption_id"]):  # no reviewer should have to find it
            raise RejectedError(REASON, error)
        shown = self._clean_copy(image)
        picture = self._blob(shown.blob, "unknown_image")
        sounds = [self._blob(one.recording["blob"], "missing_audio") for one in contexts]
        plain = [is_plain(one.recording) for one in contexts]
        sound = playable(sounds, self._bounds, plain)
        content = ReviewTask(
            caption_id=caption["caption_id"],
            image_id=caption["image_id"],
            text=caption["text"],
            # Uploaded last, so that a rejected caption leaves no files at the server.
            image=self._studio.recorder.upload(picture, shown.blob.rpartition(".")[2]),
            audio=self._studio.recorder.upload(sound.data, "webm"),
            evidence=evidence(caption, contexts, sound.starts_ms),
            **_narration(contexts, sound),
        )
        return self._with_annotators(review_task(content), caption["caption_id"])

    def _with_annotators(self, task: Task, caption: str) -> Task:
        """The task with the accounts that the server must not assign it to."""
        accounts = sorted(self._annotators.get(caption, ()))
        return {**task, "data": {**task["data"], "recorded_by": accounts}}

    def _clean_copy(self, image: Mapping[str, Any]) -> CleanCopy:
        try:
            return clean_copy(self._lake.blobs, image)
        except AnnotateError as error:
            raise RejectedError("unknown_image", str(error)) from error

    def _blob(self, key: str, missing: str) -> bytes:
        try:
            return self._lake.blobs.get(key)
        except AnnotateError as error:  # one lost file must not block other captions
            raise RejectedError(missing, str(error)) from error


def _narration(contexts: list[RecordingContext], sound: Sound) -> dict[str, Any]:
    passages, doubts = [], []
    for one, starts_ms in zip(contexts, sound.starts_ms, strict=True):
        who = f"{one.recording['annotator_id']}: " if len(contexts) > 1 else ""
        passages += one.passages(starts_ms)
        doubts += [who + line for line in one.doubts]
    return {"passages": tuple(passages), "doubts": tuple(doubts)}
