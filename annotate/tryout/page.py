"""The tryout's page, rendered from the viewer's template and cached in memory."""

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
from annotate.tryout.page_data import PageReader, Shown

IDLE = "Waiting for your next recording"
WORKING = {
    "ingest": "Your recording has arrived and is being transcribed",
    "transcribe": "Tying your words to the image",
    "align": "Checking the recording",
    "check": "Writing the caption",
}
"""The status shown after each stage that wrote rows: what is done next."""

BADGES = (
    "Synthetic voices only",
    "The demo's model doesn't know people's voices: expect other words than were said.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A rendered page. `version` is a hash of its content; `newest` is the image described last."""

    html: str
    version: str
    newest: str | None


class LivePage:
    """The page and the current status; may be used from several threads.

    Args:
        model: The recognizer's name.
        recorder: URL at which the next image is described.
    """

    def __init__(self, model: str, recorder: str):
        self._model = model
        self._recorder = recorder
        self._lock = threading.Lock()
        self._reader: PageReader | None = None
        self._doing = ""
        self._failure = ""
        self._made = self._make(Shown(images=[], counts={}, refused=[]))

    @property
    def made(self) -> Made:
        """The current page."""
        with self._lock:
            return self._made

    def begin(self) -> None:
        """Note that a run begins, and clear the last run's error."""
        with self._lock:
            self._failure = ""

    def progress(self, step: str, new: int) -> None:
        """Note that a stage is finished, and how many rows it wrote."""
        if new and step in WORKING:
            with self._lock:
                self._doing = WORKING[step]

    def fail(self, message: str) -> None:
        """Note an error message."""
        with self._lock:
            self._failure = message

    def renew(self, lake: Lake) -> Made:
        """Render the page from the lake's current content."""
        self._reader = self._reader or PageReader(lake)
        made = self._make(self._reader.read())
        with self._lock:
            self._made, self._doing = made, ""
        return made

    def state(self) -> Mapping[str, Any]:
        """The status that the page requests every two seconds."""
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
