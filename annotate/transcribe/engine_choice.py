"""The choice of an engine for `--engine auto`: once per lake, model and settings.

Tables come first: the engine of most of the lake's transcripts by this model and these settings, so
that nothing is transcribed twice. Otherwise the engine that was recorded in the lake. Otherwise the
fastest, which is measured and recorded; of processes that do so at once, all take the first record.
Importing this module imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from annotate.execution.planning import with_step_keys
from annotate.execution.step import Step
from annotate.model.errors import AnnotateError
from annotate.model.ids import digest
from annotate.model.tables import Transcripts
from annotate.recognizers import engines
from annotate.recognizers.options import Engine
from annotate.store.engine_choices import RecordedEngine, record, recorded
from annotate.store.lake import Lake

Steps = Mapping[Engine, Step]
"""The stage with each engine that could be chosen; the preferred one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An engine and the reason for it."""

    engine: Engine
    reason: str

    def __str__(self) -> str:
        return f"engine {self.engine}: {self.reason}"


Measure = Callable[[Sequence[Engine], pl.DataFrame], Choice]
"""Chooses the fastest of several engines by some of the recordings."""


def choose(lake: Lake, steps: Steps, measure: Measure, *, held: bool = False) -> Choice:
    """The engine for a lake; measured and recorded if nothing decides it yet.

    Args:
        held: Whether the caller will use the engine for recordings that aren't in the lake yet.
            Then it is recorded even if there is none to measure with.

    Raises:
        AnnotateError: If no engine can run the model, or the lake can't be read or written.
    """
    if (found := known(lake, steps)) is not None:
        return found
    recordings = next(iter(steps.values())).inputs(lake)
    choice = _decide(list(steps), recordings, measure)
    if recordings.is_empty() and not held:
        return choice  # a record would prevent the measurement once there are recordings
    kept = record(lake, _key(steps), choice.engine, choice.reason)
    if (kept.engine, kept.reason) == (choice.engine, choice.reason):
        return choice
    return _as_choice(steps, kept)


def without_measuring(lake: Lake, steps: Steps) -> Choice:
    """The engine for a lake as far as it is decided, else the preferred one. Writes nothing."""
    undecided = Choice(engine=next(iter(steps)), reason="nothing is measured yet")
    return known(lake, steps) or undecided


def known(lake: Lake, steps: Steps) -> Choice | None:
    """The engine if only one is possible, or the lake's transcripts or its record decide it."""
    if len(steps) == 1:
        (only,) = steps
        return Choice(engine=only, reason="no other engine has this model's format or numbers")
    if (used := _of_transcripts(lake, steps)) is not None:
        reason = "the lake's transcripts by this model are made with it"
        return Choice(engine=used, reason=reason)
    kept = recorded(lake, _key(steps))
    return None if kept is None else _as_choice(steps, kept)


def _as_choice(steps: Steps, kept: RecordedEngine) -> Choice:
    engine = next((engine for engine in steps if engine == kept.engine), None)
    if engine is None:
        raise AnnotateError(
            f"the lake records the engine {kept.engine!r}, which this version lacks: "
            f"update annotate-aloud, or pass --engine {' or '.join(steps)}"
        )
    return Choice(engine=engine, reason=f"{kept.reason}; recorded {kept.at:%Y-%m-%d %H:%M} UTC")


def _decide(possible: Sequence[Engine], recordings: pl.DataFrame, measure: Measure) -> Choice:
    installed = [engine for engine in possible if engines.is_installed(engine)]
    if len(installed) == 1:
        return Choice(engine=installed[0], reason="faster-whisper isn't installed")
    if recordings.is_empty():
        return Choice(engine=possible[0], reason="the lake has no recordings to measure with")
    return measure(installed, recordings)


def _of_transcripts(lake: Lake, steps: Steps) -> Engine | None:
    """The engine of most recordings with a transcript that a step would use again, if any.

    Older rows count too, since a step appends them again instead of working. After a tie the rows
    that are the newest of their recording decide.
    """
    inputs = next(iter(steps.values())).inputs(lake).unique("input_key")
    keys = pl.concat(
        with_step_keys(step, inputs).select("step_key", engine=pl.lit(engine))
        for engine, step in steps.items()
    )
    ever, newest = (
        _recordings_by_engine(rows, keys)
        for rows in (lake.scan(Transcripts), lake.current(Transcripts))
    )
    if not ever:
        return None
    return max(steps, key=lambda engine: (ever.get(engine, 0), newest.get(engine, 0)))


def _recordings_by_engine(transcripts: pl.LazyFrame, keys: pl.DataFrame) -> dict[str, int]:
    rows = transcripts.select("recording_id", "step_key").join(keys.lazy(), on="step_key")
    counts = rows.group_by("engine").agg(pl.col("recording_id").n_unique())
    return dict(counts.collect().iter_rows())


def _key(steps: Steps) -> str:
    """Another model or other settings mean other transcripts, so they have a choice of their own.

    Settings that change only the speed are no part of it: workers with other devices agree.
    """
    return digest("engine", [[step.version, dict(step.parameters())] for step in steps.values()])
