"""What `annotate serve` does in each run: bring in what is new, and work on it if it is asked to.

Each piece of a run stands alone: one that fails is logged and holds up no other, since all of them
find what is left to do in the tables.
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
from annotate.serve.background_worker import may_go_on
from annotate.serve.engine import SharedEngine
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.transcribe.step import Transcribe

LOG = logging.getLogger("annotate.serve")

RECORD_PROJECT = f"label-studio://{quote(RECORD_TITLE)}"
"""The source that is always looked at."""

PATIENCE = 0.2
"""Of connections: a run that meets a server that doesn't answer has other things to do, and the
next run tries again."""

WORK: tuple[pipeline.Stage, ...] = ("align", "check", "caption")
"""The stages after transcription. Accepting unseen is none of them: reviewers decide."""

Piece = Callable[[Lake], None]


class StoppedError(AnnotateError):
    """The program is to end: what is finished is kept, and the rest is for the next start."""


class Runs:
    """One run a call.

    Args:
        access: Address and token of Label Studio.
        engine: With it recordings are worked on, up to captions that wait for reviewers. Without
            it they are brought in, and nothing more.
        sources: Folders and projects beside the one for recording.
        news: Called with each piece that is through, and how much was new.
        shown: A piece that shows captions, done before they are given to reviewers.
    """

    def __init__(
        self,
        settings: Settings,
        access: tuple[str, str],
        engine: SharedEngine | None = None,
        sources: Iterable[str | Path] = (),
        *,
        news: Callable[[str, int], None] = lambda piece, new: None,
        shown: Piece | None = None,
    ):
        self._settings = settings
        self._access = access
        self._engine = engine
        self._sources = list(dict.fromkeys([RECORD_PROJECT, *map(str, sources)]))
        self._news = news
        self._shown = [("page", shown)] if shown else []
        self._stopping = threading.Event()
        self._logged: dict[str, str] = {}

    def stop(self) -> None:
        """Have the run at hand end after the item that it is at."""
        self._stopping.set()

    def __call__(self) -> None:
        """Do every piece, whatever becomes of the others.

        Raises:
            AnnotateError: If the lake can't be opened.
        """
        lake = pipeline.open_lake(self._settings)
        for name, piece in self.pieces():
            if self._stopping.is_set():
                return
            try:
                piece(lake)
            except StoppedError:
                return
            except BaseException as error:
                if not may_go_on(error):
                    raise
                LOG.error("%s failed: %s", name, error)
                LOG.debug("where it failed", exc_info=error)

    def pieces(self) -> Sequence[tuple[str, Piece]]:
        """The pieces of a run by name, in order."""
        arriving = [(f"ingest {one}", partial(self._ingest, one)) for one in self._sources]
        collecting = ("collect", self._collect)
        if self._engine is None:
            return [*arriving, collecting]
        transcribing = ("transcribe", partial(self._transcribe, self._engine))
        steps = [pipeline.stage(one, self._settings) for one in WORK]
        working = [(step.name, partial(self._run, step)) for step in steps]
        # Decisions first: what was decided needn't be given to reviewers.
        pushing = ("push", self._push)
        return [*arriving, collecting, transcribing, *working, *self._shown, pushing]

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
        # Loaded before there is anything to transcribe: whoever is first doesn't wait for it, and
        # weights that don't load are reported when the program starts.
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
        report = run_step(step, lake, self._run_source)
        self._log_report(report, source)
        self._news(step.name, report.written)

    def _run_source(self, report: StepReport) -> None:
        if self._stopping.is_set():
            raise StoppedError("stopped; the next start goes on from here")

    def _log_report(self, report: StepReport, source: str = "") -> None:
        self._log(f"{report.step} {source}".strip(), report.written, report.quarantined)

    def _log(self, name: str, new: int, refused: Mapping[str, int]) -> None:
        """Log what is new. What was refused before is counted each time, and logged once."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(refused.items()))
        line = f"{name}: {new:,} new" + (f", refused: {reasons}" if reasons else "")
        if new or (refused and self._logged.get(name) != reasons):
            LOG.info("%s", line)
        self._logged[name] = reasons
