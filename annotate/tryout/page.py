"""The tryout's page, from the viewer's template; what is asked for most stays ready in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2

from annotate.demo_model import NAME as DEMO
from annotate.model.ids import digest
from annotate.release.page import numbers
from annotate.release.viewer import fill, viewer_script, viewer_style
from annotate.store.lake import Lake
from annotate.tryout.page_data import Shower, Shown

IDLE = "Waiting for your next recording"
WORKING = {
    "ingest": "Your recording has arrived and is being transcribed",
    "transcribe": "Tying your words to the image",
    "align": "Checking the recording",
    "check": "Writing the caption",
}
"""What follows each stage that had something new to do."""

BADGES = (
    "Synthetic voices only",
    "The demo's model doesn't know people's voices: expect other words than were said.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A page. `version` changes when it does; `newest` is the image described last."""

    html: str
    version: str
    newest: str | None


class LivePage:
    """The page and what is being done; may be used from several threads.

    Args:
        model: The recognizer's name.
        recorder: Where the next image is described.
    """

    def __init__(self, model: str, recorder: str):
        self._model = model
        self._recorder = recorder
        self._lock = threading.Lock()
        self._shower: Shower | None = None
        self._doing = ""
        self._failure = ""
        self._made = self._make(Shown(images=[], counts={}, refused=[]))

    @property
    def made(self) -> Made:
        """The page as it is now."""
        with self._lock:
            return self._made

    def begin(self) -> None:
        """A run begins: what went wrong in the last one is tried again."""
        with self._lock:
            self._failure = ""

    def progress(self, step: str, new: int) -> None:
        """Note that a stage is through, and how much it had to do."""
        if new and step in WORKING:
            with self._lock:
                self._doing = WORKING[step]

    def fail(self, message: str) -> None:
        """Note what went wrong."""
        with self._lock:
            self._failure = message

    def renew(self, lake: Lake) -> Made:
        """Make the page anew from what the lake holds."""
        self._shower = self._shower or Shower(lake)
        made = self._make(self._shower.look())
        with self._lock:
            self._made, self._doing = made, ""
        return made

    def state(self) -> Mapping[str, Any]:
        """What the page asks for every other second."""
        with self._lock:
            kind = "failed" if self._failure else "working" if self._doing else "idle"
            text = self._failure or self._doing or IDLE
            page, newest = self._made.version, self._made.newest
        return {"page": page, "newest": newest, "state": kind, "text": text}

    def _make(self, shown: Shown) -> Made:
        version = digest(shown.images, shown.refused)
        about = {
            "title": "Your words",
            **{"version": "", "license": "", "total": len(shown.images)},
            "shown": len(shown.images),
            "numbers": numbers({"audio_ms": 0, **shown.counts}) if shown.images else [],
            "badges": [BADGES] if self._model == DEMO else [],
            **{"model": self._model, "recorder": self._recorder, "page": version},
            **{"refused": shown.refused, "idle": IDLE},
        }
        html = fill(
            "live.html.jinja",
            jinja2.ChoiceLoader(
                [jinja2.PackageLoader("annotate.tryout"), jinja2.PackageLoader("annotate.release")]
            ),
            about,
            shown.images,
            viewer_script(_template("live.js")),
            viewer_style(_template("live.css")),
        )
        newest = shown.images[0]["id"] if shown.images else None
        return Made(html=html, version=version, newest=newest)


def _template(name: str) -> str:
    return (resources.files("annotate.tryout") / "templates" / name).read_text("utf-8")
