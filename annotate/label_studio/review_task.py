"""A caption as a task of the review project: the task's data and its prediction.

Only this module and `mapping` use Label Studio's format of results. The names are those of the
controls in `configs/review.xml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from annotate.label_studio.review_panel_data import Evidence, panel_data

MODEL_VERSION = "annotate captions"
"""Model version of every prediction and of the project: the stream shows no other version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A transcribed segment of the played audio.

    Attributes:
        start_ms: From the start of the played audio, which may contain several recordings.
    """

    author: str
    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTask:
    """A caption for a reviewer.

    Attributes:
        image: Path or URL from which the reviewer's browser loads the image; `audio` likewise.
        doubts: One line per check that wasn't passed.
    """

    caption_id: str
    image_id: str
    text: str
    image: str
    audio: str
    passages: tuple[Passage, ...]
    doubts: tuple[str, ...]
    evidence: Evidence = field(default_factory=Evidence)


def review_task(task: ReviewTask) -> dict[str, Any]:
    """The task with its prediction. Texts can't be interpreted as markup."""
    return {
        "data": {
            "caption_id": task.caption_id,
            "image_id": task.image_id,
            "image": task.image,
            "audio": task.audio,
            "narration": [
                {
                    "author": passage.author,
                    "text": _plain(passage.text),
                    "start": passage.start_ms / 1000,
                    "end": passage.end_ms / 1000,
                }
                for passage in task.passages
            ],
            "verdicts": _plain("\n".join(task.doubts)) or "every check was passed",
            "caption": task.text,
            "review": panel_data(task.evidence),
        },
        "predictions": [{"model_version": MODEL_VERSION, "result": [caption_result(task.text)]}],
    }


def caption_result(text: str) -> dict[str, Any]:
    """The result of the text area with the caption's text."""
    return {
        "id": "caption",
        "from_name": "caption",
        "to_name": "image",
        "type": "textarea",
        "value": {"text": [text]},
    }


def _plain(text: str) -> str:
    """The text with angle brackets replaced, for fields that the editor may render as markup."""
    return text.replace("<", "\u2039").replace(">", "\u203a")
