"""One run of `annotate serve`: ingest new data and, with an engine, process it up to captions.

The parts of a run are independent: each finds its remaining work in the tables. A part that fails
is logged, and the next one runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from annotate import pipeline
from annotate.execution.runner import run_step
from annotate.execution.step import Step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource, project_of
from annotate.label_studio.client import Studio
from annotate.label_studio.projects import RECORD_TITLE, REVIEW_TITLE
from annotate.model.errors import AnnotateError
from annotate.model.report import StepReport
from annotate.review.collect import collect
from annotate.review.push import push
from annotate.serve.background_worker import is_recoverable
from annotate.serve.engine import SharedEngine
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.transcribe.step import Transcribe

LOG = logging.getLogger("annotate.serve")

RECORD_PROJECT = f"label-studio://{quote(RECORD_TITLE)}"
"""The source that is always ingested."""

PATIENCE = 0.2
"""Factor of the pauses between HTTP attempts; short, because the next run tries again."""

WORK: tuple[pipeline.Stage, ...] = ("align", "check", "caption")
"""The stages after transcription, without automatic acceptance: reviewers decide."""

Part = Callable[[Lake], None]


class StoppedError(AnnotateError):
    """Raised within a run when the program ends; the next start processes the remaining items."""


class Runs:
    """Callable that performs one run.

    Args:
        access: Address and token of Label Studio.
        engine: Recognizer with which recordings are processed, up to captions that wait for
            review. Without it recordings are only ingested.
        sources: Folders and projects to ingest in addition to the record project.
        on_step: Called after each step with its name and the number of rows that it wrote.
        show: A part that displays captions, run before they are pushed to reviewers.
    """

    def __init__(
        self,
        settings: Settings,
        access: tuple[str, str],
        engine: SharedEngine | None = None,
        sources: Iterable[str | Path] = (),
        *,
        on_step: Callable[[str, int], None] = lambda step, new: None,
        show: Part | None = None,
    ):
        self._settings = settings
        self._access = access
        self._engine = engine
        self._sources = list(dict.fromkeys([RECORD_PROJECT, *map(str, sources)]))
        self._on_step = on_step
        self._showing = [("page", show)] if show else []
        self._stopping = threading.Event()
        self._logged: dict[str, str] = {}

    def stop(self) -> None:
        """Stop the current run after its current item."""
        self._stopping.set()

    def __call__(self) -> None:
        """Run every part, even if others fail.

        Raises:
            AnnotateError: If the lake can't be opened.
        """
        lake = pipeline.open_lake(self._settings)
        for name, part in self.parts():
            if self._stopping.is_set():
                return
            try:
                part(lake)
            except StoppedError:
                return
            except BaseException as error:
                if not is_recoverable(error):
                    raise
                LOG.error("%s failed: %s", name, error)
                LOG.debug("where it failed", exc_info=error)

    def parts(self) -> Sequence[tuple[str, Part]]:
        """The parts of a run with their names, in order."""
        ingesting = [(f"ingest {one}", partial(self._ingest, one)) for one in self._sources]
        # Decisions are collected before captions are pushed: decided captions aren't pushed.
        collecting = ("collect", self._collect)
        if self._engine is None:
            return [*ingesting, collecting]
        transcribing = ("transcribe", partial(self._transcribe, self._engine))
        steps = [pipeline.stage(one, self._settings) for one in WORK]
        processing = [(step.name, partial(self._run, step)) for step in steps]
        pushing = ("push", self._push)
        return [*ingesting, collecting, transcribing, *processing, *self._showing, pushing]

    def _ingest(self, source: str, lake: Lake) -> None:
        bounds, key = self._settings.ingest, self._settings.pseudonym_key
        project = project_of(source)
        if project is None:
            self._run(Ingest(Path(source), bounds, pseudonym_key=key), lake, source)
            return
        with self._studio() as studio:
            step = Ingest(
                StudioSource(studio, project, bounds.max_bytes), bounds, pseudonym_key=key
            )
            self._run(step, lake, source)

    def _transcribe(self, engine: SharedEngine, lake: Lake) -> None:
        # Loaded before there is anything to transcribe: the first recording doesn't wait for it,
        # and weights that can't be loaded are reported when the program starts.
        engine.load()
        self._run(Transcribe(self._settings.transcribe, engine), lake)

    def _collect(self, lake: Lake) -> None:
        with self._studio() as studio:
            project = studio.project(REVIEW_TITLE)
            self._log_report(collect(lake, studio, project, options=self._settings.review))

    def _push(self, lake: Lake) -> None:
        with self._studio() as studio:
            project, chosen = studio.project(REVIEW_TITLE), self._settings
            done = push(lake, studio, project, chosen.ingest, options=chosen.review)
        self._log("push", done.pushed + done.renewed, done.refused)

    def _studio(self) -> Studio:
        return Studio(*self._access, patience=PATIENCE)

    def _run(self, step: Step, lake: Lake, source: str = "") -> None:
        report = run_step(step, lake, self._stop_if_requested)
        self._log_report(report, source)
        self._on_step(step.name, report.written)

    def _stop_if_requested(self, report: StepReport) -> None:
        if self._stopping.is_set():
            raise StoppedError("stopped; the next start continues here")

    def _log_report(self, report: StepReport, source: str = "") -> None:
        self._log(f"{report.step} {source}".strip(), report.written, report.quarantined)

    def _log(self, name: str, new: int, rejected: Mapping[str, int]) -> None:
        """Log counts if rows are new or the rejections differ from those logged last."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(rejected.items()))
        line = f"{name}: {new:,} new" + (f", refused: {reasons}" if reasons else "")
        if new or (rejected and self._logged.get(name) != reasons):
            LOG.info("%s", line)
        self._logged[name] = reasons
