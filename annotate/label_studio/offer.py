"""A caption as a task of the review project: what is shown, and the boxes filled in ahead.

Like `mapping`, this speaks Label Studio's language and nobody else does. The names are those of
the controls in `configs/review.xml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SURE = 0.8
UNSURE = 0.5
"""Mean probability of a passage's words from which it counts as sure, and as merely unsure."""

MODEL_VERSION = "annotate captions"
"""Of every prediction and of the project: of others Label Studio's stream shows nothing."""

POINT_WIDTH = 1.2
"""Of a point on the image, in percent of its width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of the sound that is played, and what was heard in it.

    Attributes:
        start_ms: On the clock of the sound that is played, which may hold several recordings.
        probability: Mean over its words, from 0 to 1.
    """

    author: str
    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an annotator pointed, as fractions of the image, and what they said then."""

    text: str
    x_frac: float
    y_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A caption for a reviewer.

    Attributes:
        image: Path or URL from which the reviewer's browser loads the image; `audio` likewise.
        doubts: A line for each check that wasn't passed.
    """

    caption_id: str
    image_id: str
    text: str
    image: str
    width: int
    height: int
    audio: str
    passages: tuple[Passage, ...]
    places: tuple[Place, ...]
    doubts: tuple[str, ...]


def review_task(offer: Offer) -> dict[str, Any]:
    """The task with its prediction. Every text stays text: nothing in it is read as markup."""
    return {
        "data": {
            "caption_id": offer.caption_id,
            "image_id": offer.image_id,
            "image": offer.image,
            "audio": offer.audio,
            "narration": [
                {
                    "author": passage.author,
                    "text": _plain(passage.text),
                    "start": passage.start_ms / 1000,
                    "end": passage.end_ms / 1000,
                }
                for passage in offer.passages
            ],
            "verdicts": _plain("\n".join(offer.doubts)) or "every check was passed",
            "caption": offer.text,
        },
        "predictions": [{"model_version": MODEL_VERSION, "result": _result(offer)}],
    }


def confidence(probability: float) -> str:
    """The label of a passage: `sure`, `unsure` or `doubtful`."""
    return "sure" if probability >= SURE else "unsure" if probability >= UNSURE else "doubtful"


def _result(offer: Offer) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for index, passage in enumerate(offer.passages):
        if passage.start_ms < passage.end_ms:
            result += _passage(f"passage-{index}", passage)
    for index, place in enumerate(offer.places):
        # A pointer may overshoot the image; a point outside it can't be drawn.
        if 0 <= place.x_frac <= 1 and 0 <= place.y_frac <= 1:
            result.append(_point(f"place-{index}", place, offer))
    return [*result, caption_result(offer.text)]


def caption_result(text: str) -> dict[str, Any]:
    """The box with the caption's text."""
    return {
        "id": "caption",
        "from_name": "caption",
        "to_name": "image",
        "type": "textarea",
        "value": {"text": [text]},
    }


def _passage(region: str, passage: Passage) -> list[dict[str, Any]]:
    """The colour and the words, two results of one region: that is what the shared id says."""
    span = {"start": passage.start_ms / 1000, "end": passage.end_ms / 1000, "channel": 0}
    shared: Mapping[str, Any] = {"id": region, "to_name": "audio"}
    label = confidence(passage.probability)
    return [
        {**shared, "from_name": "segment", "type": "labels", "value": {**span, "labels": [label]}},
        {
            **shared,
            "from_name": "words",
            "type": "textarea",
            "value": {**span, "text": [passage.text]},
        },
    ]


def _point(region: str, place: Place, offer: Offer) -> dict[str, Any]:
    return {
        "id": region,
        "from_name": "point",
        "to_name": "image",
        "type": "keypointlabels",
        "original_width": offer.width,
        "original_height": offer.height,
        "image_rotation": 0,
        "value": {
            "x": place.x_frac * 100,
            "y": place.y_frac * 100,
            "width": POINT_WIDTH,
            "keypointlabels": ["point"],
        },
        "meta": {"text": [place.text]},
    }


def _plain(text: str) -> str:
    """The text for places that the editor may take for markup, which these marks then aren't."""
    return text.replace("<", "\u2039").replace(">", "\u203a")
