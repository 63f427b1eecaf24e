"""The commands of the stages. Each imports its modules when it runs, for a fast start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotate.cli import (
    archive,
    inspect,
    options,
    releases,
    serve,
    studio,
    studio_report,
    studio_reviewers,
    try_,
)
from annotate.cli import lake as lake_commands
from annotate.cli import review as review_commands
from annotate.model.errors import AnnotateError
from annotate.overrides import Overrides

if TYPE_CHECKING:
    from annotate.execution.step import Step
    from annotate.settings import Settings
    from annotate.store.lake import Lake

DATA = "Ingest and process recordings"
STUDIO = "Record and review in Label Studio"
READ = "Inspect"
KEEP = "Back up"
RELEASE = "Releases"


def add_to(app: typer.Typer) -> None:
    """Register every command."""
    app.command(rich_help_panel=DATA)(demo)
    app.command(rich_help_panel=DATA)(run)
    for command in (ingest, transcribe, align, check, caption):
        app.command(rich_help_panel=DATA)(command)
    app.add_typer(review_commands.review, name="review", rich_help_panel=DATA)
    studio.studio.command()(studio_report.report)
    studio.studio.command()(studio_reviewers.reviewers)
    app.add_typer(studio.studio, name="studio", rich_help_panel=STUDIO)
    app.command("try", rich_help_panel=STUDIO)(try_.try_)
    app.command(rich_help_panel=STUDIO)(serve.serve)
    app.command(rich_help_panel=READ)(inspect.status)
    app.command(rich_help_panel=READ)(inspect.annotator)
    app.command(rich_help_panel=READ)(inspect.doctor)
    app.add_typer(lake_commands.lake, name="lake", rich_help_panel=READ)
    app.command(rich_help_panel=KEEP)(archive.backup)
    app.command(rich_help_panel=KEEP)(archive.restore)
    app.add_typer(releases.release, name="release", rich_help_panel=RELEASE)
    app.command(rich_help_panel=RELEASE)(releases.pull)


@options.overrides(*options.TRANSCRIBING)
def run(
    sources: options.Sources,
    overrides: Overrides,
    name: options.Name = None,
    prefect: options.Prefect = False,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Run all stages in order, from recordings to captions ready for review or release."""
    from annotate import pipeline, settings

    chosen = settings.load(overrides)
    if prefect:
        return _run_as_flow(sources, name, chosen, as_json, retry_refused)
    with pipeline.steps(pipeline.named(sources, name), chosen) as steps:
        return _run_steps(steps, chosen, as_json, retry_refused)


def ingest(
    sources: options.Sources,
    name: options.Name = None,
    lake: options.LakeAt = None,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Ingest recordings: decode in full, hash and store; quarantine invalid ones."""
    from annotate import pipeline, settings

    chosen = settings.load(lake=lake)
    with pipeline.ingests(pipeline.named(sources, name), chosen) as steps:
        return _run_steps(steps, chosen, as_json, retry_refused)


@options.overrides(*options.TRANSCRIBING)
def transcribe(
    overrides: Overrides,
    parity_sample: options.ParitySample = None,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Transcribe recordings to words with times. Processes on one lake share the work."""
    from annotate import pipeline, settings

    chosen = settings.load(overrides)
    if parity_sample:
        from annotate.transcribe import parity

        parity.check(chosen.transcribe)  # before hours of transcription, not after
    step = pipeline.stage("transcribe", chosen)
    return _run_steps([step], chosen, as_json, retry_refused, parity_sample)


def align(
    lake: options.LakeAt = None,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Ground words and phrases in the image by the pointer's trace."""
    return _run_stage("align", as_json, retry_refused, lake=lake)


def check(
    lake: options.LakeAt = None,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Check every recording: pass, flag or reject, with the reason."""
    return _run_stage("check", as_json, retry_refused, lake=lake)


def caption(
    lake: options.LakeAt = None,
    retry_refused: options.RetryRefused = False,
    as_json: options.AsJson = False,
) -> int:
    """Compose one caption per image from its narrations, with the lineage of every word."""
    return _run_stage("caption", as_json, retry_refused, lake=lake)


@options.overrides("model", "engine", "device", "batch_windows")
def demo(
    overrides: Overrides,
    lake: Annotated[
        str | None,
        typer.Option(
            "--lake",
            metavar="PATH",
            help="The demo's own lake. [default: data/lake/demo, or data/lake/demo-MODEL]",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="PATH",
            help="The demo's photographs and recordings. [default: data/demo]",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Run the whole pipeline offline on photographs with spoken narrations, and score it."""
    from annotate import demo as the_demo
    from annotate import demo_model, settings
    from annotate.cli import console, demo_screen

    model = overrides.model or demo_model.NAME
    chosen = settings.load(overrides, lake=lake or demo_model.lake_of(model), model=model)
    result = the_demo.run(
        chosen, folder, lambda steps, at: console.run_with_bars(steps, at, quiet=as_json)
    )
    if as_json:
        console.print_json(result.to_json())
    else:
        demo_screen.show(result, console.out())
    return 0 if result.passed else 1


def _run_stage(name: str, as_json: bool, retry_refused: bool, lake: str | None) -> int:
    from annotate import pipeline, settings

    chosen = settings.load(lake=lake)
    (stage,) = (stage for stage in pipeline.STAGES if stage == name)
    return _run_steps([pipeline.stage(stage, chosen)], chosen, as_json, retry_refused)


def _run_steps(
    steps: Sequence[Step],
    settings: Settings,
    as_json: bool,
    retry_refused: bool,
    parity_sample: int | None = None,
) -> int:
    from annotate import pipeline
    from annotate.cli import console

    lake = pipeline.open_lake(settings)
    for step in steps:
        step.retry_refused = retry_refused
    reports = console.run_with_bars(steps, lake, quiet=as_json)
    parity = _compare(lake, steps, parity_sample, quiet=as_json) if parity_sample else {}
    if as_json:
        console.print_json({**console.reports_json(reports, lake), **parity})
    else:
        console.print_reports(reports)
        console.print_parity(**parity)
    return console.REFUSED if console.rejected_by_reason(reports) else 0


def _compare(lake: Lake, steps: Sequence[Step], count: int, *, quiet: bool) -> dict[str, Any]:
    """The comparison of some transcripts with openai-whisper's, as a field of the JSON output."""
    from dataclasses import asdict

    from annotate.cli import console
    from annotate.recognizers import checkpoints
    from annotate.transcribe import parity
    from annotate.transcribe.step import Transcribe

    # The step's options and not the settings': its engine is one that was chosen.
    (options,) = (step.options for step in steps if isinstance(step, Transcribe))
    with console.counting("parity", quiet=quiet) as progress:
        found = parity.compare(lake, options, checkpoints.find(options.model), count, progress)
    return {"parity": asdict(found)}


def _run_as_flow(
    sources: Sequence[Path],
    name: str | None,
    settings: Settings,
    as_json: bool,
    retry_refused: bool,
) -> int:
    from annotate import pipeline
    from annotate.cli import console

    try:
        from flows.pipeline import run_pipeline
    except ModuleNotFoundError as error:
        raise AnnotateError(
            "Prefect isn't installed: pip install 'annotate-aloud[flows]'"
        ) from error
    reports = run_pipeline(
        [str(source) for source in sources],
        settings,
        name=name,
        retry_refused=retry_refused,
        quiet=as_json,
    )
    if as_json:
        console.print_json(console.reports_json(reports, pipeline.open_lake(settings)))
    else:
        console.print_reports(reports)
    return console.REFUSED if console.rejected_by_reason(reports) else 0
