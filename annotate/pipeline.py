"""The stages in order, constructed from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from annotate.align.step import Align
from annotate.caption.step import Compose
from annotate.check.step import Check
from annotate.execution.step import Step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource, project_of
from annotate.label_studio.client import Studio
from annotate.label_studio.secret_files import DATA
from annotate.model.errors import AnnotateError
from annotate.recognizers import engines
from annotate.review.step import AutoReview
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.studio_server.accounts import access
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
    lake.location.keep_private(int(settings.umask, 8))
    lake.blobs.sweep_staging()
    return lake


def stage(name: Stage, settings: Settings) -> Step:
    """One stage's step."""
    return _MAKE[name](settings)


@dataclass(frozen=True, slots=True)
class Named:
    """A source folder and what it is called in the lake."""

    folder: Path
    name: str


AnySource = str | Path | Named
"""A folder with a `manifest.jsonl`, or `label-studio://PROJECT` by id or title."""


def named(sources: Sequence[str | Path], name: str | None) -> Sequence[AnySource]:
    """The sources under a name that was given, if any.

    Raises:
        AnnotateError: If the name isn't for one folder.
    """
    if name is None:
        return sources
    if len(sources) != 1 or project_of(str(sources[0])) is not None:
        raise AnnotateError("--name names one folder: give each folder in a command of its own")
    return [Named(Path(sources[0]), name)]


@contextmanager
def ingests(sources: Sequence[AnySource], settings: Settings) -> Iterator[list[Step]]:
    """The steps that bring sources in; connections to servers last as long as the context."""
    with ExitStack() as connections:
        yield [_ingest(source, settings, connections) for source in sources]


def _ingest(source: AnySource, settings: Settings, connections: ExitStack) -> Step:
    bounds, key = settings.ingest, settings.pseudonym_key
    if isinstance(source, Named):
        return Ingest(source.folder, bounds, name=source.name, pseudonym_key=key)
    project = project_of(str(source))
    if project is None:
        return Ingest(Path(source), bounds, pseudonym_key=key)
    at = connections.enter_context(studio(settings))
    return Ingest(StudioSource(at, project, bounds.max_bytes), bounds, pseudonym_key=key)


def studio(settings: Settings) -> Studio:
    """The Label Studio that the settings name, else the one that `annotate studio up` started."""
    where = settings.label_studio
    return Studio(*access(where.url, where.token_for(), DATA))


@contextmanager
def steps(sources: Sequence[AnySource], settings: Settings) -> Iterator[list[Step]]:
    """Everything from sources to reviewed captions, in order, to be run within the context.

    Which captions are accepted unseen doesn't depend on these sources: see
    `annotate.store.unseen`.

    Raises:
        AnnotateError: If the recognizer's model isn't known or isn't for its engine, or a server
            can't be reached.
    """
    engines.check(settings.transcribe)  # before hours of ingesting, not after
    after = [stage(name, settings) for name in STAGES]
    with ingests(sources, settings) as arriving:
        yield [*arriving, *after]
