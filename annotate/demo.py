"""The demo: every stage on the repository's data, scored against the known truth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

import annotate
from annotate import demo_model, pipeline
from annotate.evaluation.gate import unsupported
from annotate.evaluation.grounding import Grounding, Mention, grounded_share
from annotate.evaluation.unspoken_words import unspoken_words
from annotate.evaluation.word_errors import Score, score
from annotate.execution.step import Step
from annotate.model.errors import AnnotateError
from annotate.model.narration import Phrase
from annotate.model.pointer import Box
from annotate.model.report import StepReport
from annotate.model.speech import Word
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Recordings,
    Transcripts,
)
from annotate.release.create import Release, create
from annotate.release.options import ReleaseOptions
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.store.standing import standing
from annotate.text.normalization import bare_word

NAME, BROKEN = "demo", "broken"
"""What the demo's two folders are called in the lake, wherever they lie."""

CREDITS = (
    "Captions and recordings: CC0 1.0. Photographs: NASA (astronaut, galaxies), SpaceX (rocket) "
    "and U.S. Navy (officer), public domain; Stefan van der Walt (cat), Rachel Michetti (coffee) "
    "and Lav Varshney (photographer), CC0; danielbuechele (temple) and vultilion (flower), "
    "CC BY 2.0."
)
"""What `data/demo/images/SOURCES.md` says in full."""

PSEUDONYM_KEY = SecretStr("annotate demo")
"""No secret: its annotators are voices of a program, and its release is the same everywhere."""

EDGES = ("x0_frac", "y0_frac", "x1_frac", "y1_frac")

Runner = Callable[[Sequence[Step], Lake], list[StepReport]]
"""Runs steps in order on a lake, showing progress as it sees fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo made, and how good it is.

    Attributes:
        quarantined: The reason of each quarantined input, by file.
        expected: The expected reasons.
        unspoken: Caption content words that no annotator said, by the true words: the
            recognizer's errors. `unsupported_words` are in no transcript: the pipeline's errors.
        own_model: Whether the model is the demo's own. The expected reasons hold for that one:
            which recordings are clear enough also depends on how well they are recognized.
        reused: True when there was nothing to do.
    """

    images: int
    recordings: int
    quarantined: Mapping[str, str]
    expected: Mapping[str, str]
    speech: Score
    grounding: Grounding
    captions: int
    words_per_caption: float
    unsupported: int
    unspoken: tuple[str, ...]
    model: str
    own_model: bool
    release: Release
    reused: bool
    seconds: float
    reports: tuple[StepReport, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every broken input, and nothing else, was refused for the expected reason."""
        return self.quarantined == self.expected and not self.unsupported

    @property
    def passed(self) -> bool:
        """Whether the demo has found no fault of the project: no unsupported word of a caption.

        With the demo's own model, every broken input must also be refused as expected.
        """
        return self.as_expected or (not self.own_model and not self.unsupported)

    def to_json(self) -> dict[str, Any]:
        """The result as `annotate demo --json` prints it."""
        time_error = self.speech.word_time_error_ms
        return {
            "images": self.images,
            "recordings": self.recordings,
            "quarantined": dict(self.quarantined),
            "as_expected": self.as_expected,
            "model": self.model,
            "wer": round(self.speech.wer, 4),
            "word_time_error_ms": time_error,
            "grounded": round(self.grounding.share, 4),
            "captions": self.captions,
            "words_per_caption": round(self.words_per_caption, 1),
            "unsupported_words": self.unsupported,
            "misheard_words": len(self.unspoken),
            "release": self.release.path,
            "viewer": f"{self.release.path}/index.html",
            "reused": self.reused,
            "seconds": round(self.seconds, 2),
            "steps": [report.to_json() for report in self.reports],
        }


def run(settings: Settings, data: Path | None, runner: Runner) -> DemoResult:
    """Run every stage on the demo's data and its broken inputs, release, and score.

    Args:
        data: The demo's folder; by default the repository's `data/demo`.
        runner: Runs the steps.

    Raises:
        AnnotateError: If the demo's data isn't there.
    """
    started = time.monotonic()
    folder = data or Path(annotate.__file__).parents[1] / "data" / "demo"
    if not (folder / "regions.json").is_file():
        raise AnnotateError(f"no demo data at {folder}: run from a clone, or pass --folder")
    lake = pipeline.open_lake(settings)
    transcribe = demo_model.reproducible(settings.transcribe)
    settings = settings.model_copy(
        update={"pseudonym_key": PSEUDONYM_KEY, "transcribe": transcribe}
    )
    sources = [pipeline.Named(folder, NAME), pipeline.Named(folder / "broken", BROKEN)]
    with pipeline.steps(sources, settings) as steps:
        reports = runner(steps, lake)
    options = _release_options(settings)
    release = create(lake, None, options, settings.review.accept_unseen)
    return _result(lake, folder, release, settings, reports, started)


def _release_options(settings: Settings) -> ReleaseOptions:
    label = demo_model.label_of(settings.transcribe.model)
    return settings.release.model_copy(
        update={
            "prefix": f"demo-{label}" if label else "demo",
            "title": f"Photographs described aloud (demo{f' with {label}' if label else ''})",
            "license": "other",
            "attribution": CREDITS,
        }
    )


def _result(
    lake: Lake,
    folder: Path,
    release: Release,
    settings: Settings,
    reports: Sequence[StepReport],
    started: float,
) -> DemoResult:
    rejected = _refused(lake)
    captions = lake.read(Captions).filter(pl.col("text") != "")
    recordings = _recordings(lake)
    transcripts = lake.read(Transcripts)
    truth = {name: _json(folder / "truth" / f"{name}.json") for name in recordings.values()}
    return DemoResult(
        images=lake.counts()["images"],
        recordings=len(recordings),
        quarantined=rejected,
        expected=_json(folder / "broken" / "expected.json"),
        speech=_speech_score(transcripts, recordings, truth),
        grounding=_grounding(lake, folder, recordings, truth),
        captions=captions.height,
        words_per_caption=int(captions["lineage"].list.len().sum()) / max(1, captions.height),
        unsupported=unsupported(lake, captions.with_columns(fixed=pl.lit(False))).height,
        unspoken=tuple(unspoken_words(captions, _spoken(truth, recordings))),
        model=settings.transcribe.model or "",
        own_model=demo_model.label_of(settings.transcribe.model) is None,
        release=release,
        reused=release.reused and not any(report.written for report in reports),
        seconds=time.monotonic() - started,
        reports=tuple(reports),
    )


def _recordings(lake: Lake) -> dict[str, str]:
    """The demo's own recordings, not the broken ones: id to name."""
    rows = lake.current(Recordings).select("recording_id", "source").collect()
    here = f"{NAME}/recordings/"
    return {
        recording: Path(source).stem
        for recording, source in rows.iter_rows()
        if source.startswith(here)
    }


def _refused(lake: Lake) -> dict[str, str]:
    """Why each input was refused, on arrival or by a check, by its name in the folder.

    Quarantine and rejections of the demo's own recordings are in it too: there should be none.
    """
    rejected = {
        row["item"]: row["reason"]
        for row in lake.quarantined().select("item", "reason").iter_rows(named=True)
    }
    sources = dict(lake.current(Recordings).select("recording_id", "source").collect().iter_rows())
    verdicts = standing(lake).filter(pl.col("status") == "reject").collect()
    for row in verdicts.iter_rows(named=True):
        rejected[sources[row["recording_id"]]] = row["reason"]
    prefixes = [f"{name}/{kind}" for name in (BROKEN, NAME) for kind in ("recordings/", "")]
    return {_without(name, prefixes): reason for name, reason in sorted(rejected.items())}


def _without(name: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _speech_score(
    transcripts: pl.DataFrame, recordings: Mapping[str, str], truth: Mapping[str, Any]
) -> Score:
    recognized = {
        row["recording_id"]: [Word(**word) for word in row["words"]]
        for row in transcripts.select("recording_id", "words").iter_rows(named=True)
    }
    return score(
        ([_true_word(word) for word in truth[name]["words"]], recognized.get(recording, []))
        for recording, name in sorted(recordings.items())
    )


def _true_word(word: Mapping[str, Any]) -> Word:
    times = {"start_ms": word["start_ms"], "end_ms": word["end_ms"]}
    return Word(text=word["word"], probability=1.0, segment=0, **times)


def _grounding(
    lake: Lake, folder: Path, recordings: Mapping[str, str], truth: Mapping[str, Any]
) -> Grounding:
    regions = _json(folder / "regions.json")
    boxes = {
        image: {
            region["name"]: Box(**dict(zip(EDGES, region["box"], strict=True))) for region in named
        }
        for image, named in regions.items()
    }
    names = dict(lake.current(Images).select("image_id", "name").collect().iter_rows())
    narrations = lake.read(Narrations).filter(pl.col("recording_id").is_in(list(recordings)))
    rows = {row["recording_id"]: row for row in narrations.iter_rows(named=True)}
    return grounded_share(
        {
            recording: [_phrase(phrase) for phrase in row["phrases"]]
            for recording, row in rows.items()
        },
        {
            recording: [
                Mention(region=at["region"], start_ms=at["start_ms"], end_ms=at["end_ms"])
                for at in truth[recordings[recording]]["mentions"]
            ]
            for recording in rows
        },
        {recording: boxes[names[row["image_id"]]] for recording, row in rows.items()},
    )


def _phrase(row: Mapping[str, Any]) -> Phrase:
    return Phrase(**{**row, "box": Box(**row["box"]) if row["box"] else None})


def _spoken(truth: Mapping[str, Any], recordings: Mapping[str, str]) -> dict[str, set[str]]:
    """The true words of each recording."""
    return {
        recording: {bare_word(word["word"]) for word in truth[name]["words"]}
        for recording, name in recordings.items()
    }


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
