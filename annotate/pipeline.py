"""The stages in their order, wired to the settings: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, get_args

from annotate.align.step import Align
from annotate.caption.step import Compose
from annotate.check.step import Check
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource, project_of
from annotate.label_studio.admin import access
from annotate.label_studio.client import Studio
from annotate.label_studio.keys import DATA
from annotate.review.step import AutoReview
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.store.step import Step
from annotate.transcribe.step import Transcribe

Stage = Literal["transcribe", "align", "check", "caption", "review"]
"""The stages from table to table, in order; `ingest` comes before them, once a source."""

STAGES: tuple[Stage, ...] = get_args(Stage)

_MAKE: dict[Stage, Callable[[Settings], Step]] = {
    "transcribe": lambda settings: Transcribe(settings.transcribe),
    "align": lambda settings: Align(settings.align),
    "check": lambda settings: Check(settings.check),
    "caption": lambda settings: Compose(settings.caption),
    "review": lambda settings: AutoReview(settings.review),
}


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name, rid of what runs killed long ago left half written."""
    lake = Lake(settings.lake, settings.storage_options)
    lake.blobs.sweep_staging()
    return lake


def stage(name: Stage, settings: Settings) -> Step:
    """One stage's step."""
    return _MAKE[name](settings)


@contextmanager
def ingests(sources: Sequence[str | Path], settings: Settings) -> Iterator[list[Step]]:
    """The steps that bring sources in; connections to servers last as long as the context.

    Args:
        sources: Folders with a `manifest.jsonl`, or `label-studio://PROJECT` by id or title.
    """
    with ExitStack() as connections:
        yield [_ingest(source, settings, connections) for source in sources]


def _ingest(source: str | Path, settings: Settings, connections: ExitStack) -> Step:
    project = project_of(str(source))
    if project is None:
        return Ingest(Path(source), settings.ingest)
    at = connections.enter_context(studio(settings))
    return Ingest(StudioSource(at, project, settings.ingest.max_bytes), settings.ingest)


def studio(settings: Settings) -> Studio:
    """The Label Studio that the settings name, else the one that `annotate studio up` started."""
    where = settings.label_studio
    token = where.token.get_secret_value() if where.token else None
    return Studio(*access(where.url, token, DATA))


@contextmanager
def steps(sources: Sequence[str | Path], settings: Settings) -> Iterator[list[Step]]:
    """Everything from sources to reviewed captions, in order, to be run within the context.

    Which captions are accepted unseen doesn't depend on these sources: see
    `annotate.store.unseen`.
    """
    after = [stage(name, settings) for name in STAGES]
    with ingests(sources, settings) as arriving:
        yield [*arriving, *after]
