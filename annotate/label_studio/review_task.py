"""A caption as a task of the review project: what is shown, and the boxes filled in ahead.

Like `mapping`, this speaks Label Studio's language and nobody else does. The names are those of
the controls in `configs/review.xml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from annotate.label_studio.review_panel_data import Evidence, panel_data

MODEL_VERSION = "annotate captions"
"""Of every prediction and of the project: of others Label Studio's stream shows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of the sound that is played, and what was heard in it.

    Attributes:
        start_ms: On the clock of the sound that is played, which may hold several recordings.
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
        doubts: A line for each check that wasn't passed.
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
    """The task with its prediction. Every text stays text: nothing in it is read as markup."""
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
    """The box with the caption's text."""
    return {
        "id": "caption",
        "from_name": "caption",
        "to_name": "image",
        "type": "textarea",
        "value": {"text": [text]},
    }


def _plain(text: str) -> str:
    """The text for places that the editor may take for markup, which these marks then aren't."""
    return text.replace("<", "\u2039").replace(">", "\u203a")
